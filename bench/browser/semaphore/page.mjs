// One sign-on with Semaphore's own browser code, from the click to the server's answer. The group stands in memory before the click,
// and the artifacts come from the same server.
import { Identity, Group, generateProof } from '@semaphore-protocol/core';

const members = Number(new URLSearchParams(location.search).get('members'));
const artifacts = { wasm: '/artifacts/semaphore-20.wasm', zkey: '/artifacts/semaphore-20.zkey' };

const identity = new Identity('demur');
const commitments = [identity.commitment];
for (let i = 1; i < members; i++) commitments.push(BigInt(i) + 123456789n);
const before = performance.now();
const group = new Group(commitments);
const group_ms = performance.now() - before;

let scope = 0n;
window.measured = [];
document.querySelector('button').addEventListener('click', async () => {
  const clicked = performance.now();
  try {
    const proof = await generateProof(identity, group, 1n, scope++, 20, artifacts);
    const proved = performance.now();
    const answer = await fetch('/sign', { method: 'POST', body: JSON.stringify(proof) });
    if (!answer.ok) throw new Error(`the server said ${answer.status}`);
    window.measured.push({ group_ms, prove_ms: proved - clicked, whole_ms: performance.now() - clicked });
  } catch (error) {
    window.failed = String(error);
  }
});
window.ready = true;
