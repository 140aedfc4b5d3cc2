"""
What transformers and tokenizers make of conversations, for src/policy/sampler/template-peer.test.ts: its file of cases is read, and
what differs is printed as JSON. Usage: chat-templates.py <cases.json>. Needs transformers.
"""
import json
import sys

from tokenizers import Tokenizer
from transformers.utils.chat_template_utils import _compile_jinja_template


def main(path: str) -> None:
    with open(path) as file:
        models = json.load(file)
    different, count = [], 0
    for name, model in models.items():
        template = _compile_jinja_template(model["template"])
        tokenizer = Tokenizer.from_str(json.dumps(model["tokenizer"]))
        for case in model["cases"]:
            given = {"messages": case["messages"], **({"tools": case["tools"]} if "tools" in case else {})}
            text = template.render(**given, add_generation_prompt=case["replies"], enable_thinking=True)
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            count += 1
            if text != case["text"] or ids != case["ids"]:
                different.append({"model": name, "text": text, "ours": case["text"]})
    print(json.dumps({"count": count, "different": different[:5]}))


main(*sys.argv[1:])
