// Proves and verifies with Semaphore, depth 20, in a group of 1,000; prints one line of JSON with every run's
// wall and CPU time in milliseconds. The artifacts are those of the package: nothing is downloaded.
import { Identity, Group, generateProof, verifyProof } from "@semaphore-protocol/core";

const artifacts = new URL("./node_modules/@zk-kit/semaphore-artifacts/", import.meta.url).pathname;
const snark = { wasm: `${artifacts}semaphore-20.wasm`, zkey: `${artifacts}semaphore-20.zkey` };
const runs = Number(process.argv[2] ?? 9);

const identity = new Identity("demur");
const others = Array.from({ length: 999 }, (_, i) => BigInt(i) + 123456789n);
const group = new Group([identity.commitment, ...others]);

async function timed(into, work) {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const used = process.cpuUsage(cpu);
  into.push([performance.now() - wall, (used.user + used.system) / 1000]);
  return result;
}

const prove = [];
const verify = [];
for (let i = 0; i < runs; i++) {
  const proof = await timed(prove, () => generateProof(identity, group, BigInt(i), 42n, 20, snark));
  if (!(await timed(verify, () => verifyProof(proof)))) throw new Error("Semaphore refused its own proof");
}
console.log(JSON.stringify({ prove, verify }));
process.exit(0);
