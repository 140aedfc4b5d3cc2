"""Pillow doing the work of observation.mjs: one job a line on stdin, what it cost in one line on stdout."""
import io
import json
import sys
import time

from PIL import Image

RESAMPLERS = {
    "nearest": Image.Resampling.NEAREST,
    "area": Image.Resampling.BOX,
    "lanczos3": Image.Resampling.LANCZOS,
}


def search(job):
    encoded_bytes = 0
    picture = Image.open(job["file"]).convert("RGB")
    for wanted in job["views"]:
        size = (wanted["size"]["width"], wanted["size"]["height"])
        region = picture.crop(wanted["boxPx"])
        if region.size != size:
            region = region.resize(size, RESAMPLERS[wanted["resampler"]])
        out = io.BytesIO()
        if job["encoding"] == "jpeg":
            region.save(out, "JPEG", quality=90)
        else:
            region.save(out, "PNG")
        encoded_bytes += out.tell()
    return encoded_bytes


for line in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    encoded_bytes = search(json.loads(line))
    cost = {"cpuMs": (time.process_time() - cpu) * 1000, "wallMs": (time.perf_counter() - wall) * 1000}
    print(json.dumps({**cost, "encodedBytes": encoded_bytes}), flush=True)
