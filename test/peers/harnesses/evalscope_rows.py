"""Writes the problems of a Mini-o3 JSON file as rows of evalscope's `general_vqa`: python evalscope_rows.py <data> <out>/minio3.jsonl"""
import json
import sys
from pathlib import Path

data, out = Path(sys.argv[1]), Path(sys.argv[2])
out.parent.mkdir(parents=True, exist_ok=True)
with out.open('w', encoding='utf-8') as lines:
    for row in json.loads((data / 'test.json').read_text(encoding='utf-8')):
        images = [{'type': 'image_url', 'image_url': {'url': str((data / image).resolve())}} for image in row['images']]
        question = {'type': 'text', 'text': row['problem'].replace('<image>', '').strip()}
        message = {'role': 'user', 'content': [*images, question]}
        lines.write(json.dumps({'messages': [message], 'answer': str(row['solution'])}) + '\n')
