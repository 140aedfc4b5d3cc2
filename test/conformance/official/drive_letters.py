"""Reads answers by the letter rules of others, from your own copies of them, and averages cycles as HR-Bench's script does.

    python drive_letters.py <VLMEvalKit folder> <MME-RealWorld folder> < scripts.jsonl > rows.jsonl

Needs pandas and numpy. Of MME-RealWorld's script the one function is taken that reads a letter; of VLMEvalKit two modules.
"""
import ast, importlib.util, json, re, sys, types
from pathlib import Path

import pandas

kit, mme = map(Path, sys.argv[1:3])
log = types.ModuleType("vlmeval.smp.log")
log.get_logger = lambda *_: None
sys.modules.update({"vlmeval": types.ModuleType("vlmeval"), "vlmeval.smp": types.ModuleType("vlmeval.smp"), "vlmeval.smp.log": log})


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


matching = module(kit / "vlmeval/utils/matching_util.py")
hrbench = module(kit / "vlmeval/dataset/utils/hrbench.py")
tree = ast.parse((mme / "evaluation/eval_your_results.py").read_text())
tree.body = [part for part in tree.body if isinstance(part, ast.FunctionDef)]
script = {"re": re}
exec(compile(tree, "eval_your_results.py", "exec"), script)

for line in sys.stdin:
    row = json.loads(line)
    if "rows" in row:
        frame = pandas.DataFrame([{"cycle_category": r["cycle"], "category": r["category"], "hit": int(r["right"])} for r in row["rows"]])
        report = hrbench.report_acc_hrbench(frame)
        average = report[report["cycle"] == "Average"]
        found = {"average": {kind: round(float(value), 9) for kind, value in sorted(zip(average["type"], average["accuracy"]))}}
    else:
        letters = [chr(65 + at) for at in range(len(row["choices"]))]
        options = [f"({letter}) {text}" for letter, text in zip(letters, row["choices"])]
        found = {"canInfer": matching.can_infer(row["answer"], dict(zip(letters, row["choices"]))) or None,
                 "mme": script["extract_characters_regex"](row["answer"], options) or None}
    print(json.dumps({**row, **found}, ensure_ascii=False))
