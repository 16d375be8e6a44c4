"""The Python side of the measurements: reads one request a line and answers with one line (see harness/participant.ts)."""

import json
import math
import sys
import time
import traceback

import numpy as np

TYPES = {"F32": np.float32, "I32": np.int32}


def threads():
    """The number of threads that this process was started for."""
    return int(sys.argv[1])


def answer_all(answer):
    """Answers every line of the input by `answer(request)`."""
    for line in sys.stdin:
        try:
            result = answer(json.loads(line))
        except Exception:
            result = {"error": traceback.format_exc()[-1500:]}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


def read_inputs(path):
    """The arrays of a safetensors file by name."""
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        data = np.frombuffer(content, TYPES[entry["dtype"]], offset=8 + length + begin, count=(end - begin) // 4)
        arrays[name] = data.reshape(entry["shape"]).copy()
    return arrays


def fingerprint(x):
    """See harness/fingerprint.ts."""
    flat = np.asarray(x, np.float64).reshape(-1)
    size = math.sqrt(float(np.mean(flat * flat))) + 1e-30
    return [math.log(size)] + [float(flat[int(share * (len(flat) - 1))]) / size for share in (0, 1 / 3, 2 / 3, 1)]


class Work:
    """One case made ready. `run` returns arrays and comes back when they are computed."""

    def start(self):
        """Goes back to where the inputs started."""

    def run(self):
        raise NotImplementedError


class Calling(Work):
    """Computes a function of no arguments again and again."""

    def __init__(self, function):
        self.run = function


def serve(cases, absent, versions, compiles=False, differs=None, to_numpy=np.asarray):
    """
    cases: name of the work -> function(inputs, parameters) -> Work
    absent: name of the work -> why it is not done
    compiles: whether the first run compiles
    differs: why the numbers cannot be ours, or None where they must be
    """
    state = {"work": None}

    def answer(request):
        if request["do"] == "introduce":
            return {"versions": {**versions, "python": sys.version.split()[0]}, "threads": threads()}
        if request["do"] == "prepare":
            name = request["work"]
            if name not in cases:
                return {"absent": absent.get(name, "has nothing for this")}
            state["work"] = None
            state["work"] = cases[name](read_inputs(request["inputs"]), request["parameters"])
            begun = time.perf_counter()
            state["work"].run()
            return {"firstMs": 1000 * (time.perf_counter() - begun), "compiles": compiles, "differs": differs}
        work = state["work"]
        work.start()
        if request["do"] == "compare":
            numbers = []
            for _ in range(request["runs"]):
                for result in work.run():
                    numbers += fingerprint(to_numpy(result))
            return {"numbers": numbers}
        for _ in range(request["warm"]):
            work.run()
        begun = time.perf_counter()
        for _ in range(request["runs"]):
            work.run()
        return {"ms": 1000 * (time.perf_counter() - begun) / request["runs"]}

    answer_all(answer)
