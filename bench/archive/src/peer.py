"""The peer of `demur-bench-archive`: MinHash by datasketch, over groups of three words, of the same memos and questions.

A line of standard input is {"memo": text} or, after all of these, {"question": text}. To each question the answer is the number of the
memo whose signature agrees with the question's in most places, and the seconds that it took.
"""

import json
import re
import sys
import time

import numpy
from datasketch import MinHash

GROUP = 3
PLACES = 128


def signature(text):
    words = re.findall(r"[^\W_]+", text.lower())
    groups = {" ".join(words[i : i + GROUP]).encode() for i in range(max(1, len(words) - GROUP + 1))}
    minhash = MinHash(num_perm=PLACES)
    minhash.update_batch(groups)
    return minhash.hashvalues


memos, added = [], 0.0
for line in sys.stdin:
    asked = json.loads(line)
    start = time.perf_counter()
    if "memo" in asked:
        memos.append(signature(asked["memo"]))
        added += time.perf_counter() - start
        continue
    if isinstance(memos, list):
        memos = numpy.array(memos)
        start = time.perf_counter()
    agree = (memos == signature(asked["question"])).sum(axis=1)
    memo = int(agree.argmax())
    print(json.dumps({"memo": memo, "seconds": time.perf_counter() - start, "added": added}))
