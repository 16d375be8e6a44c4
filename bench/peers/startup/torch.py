import json
import sys
import time

begun = time.perf_counter()
# This file has the name of what it imports.
sys.path.pop(0)
import torch

value = (torch.full((64, 64), 0.5) @ torch.full((64, 64), 0.5))[0, 0].item()
print(json.dumps({"ms": 1000 * (time.perf_counter() - begun), "value": value}))
