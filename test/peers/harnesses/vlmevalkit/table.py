"""The problems of a Mini-o3 JSON file for VLMEvalKit, and the score of its replies, which it leaves to the user for tables of one's own.

    python table.py write <data> <LMUData>/minio3.tsv
    python table.py score <outputs>/minio3/minio3_minio3.xlsx
    python table.py resend <data> <LMUData>/images/minio3 <out>    the same problems with the pictures as VLMEvalKit sends them"""
import base64
import json
import sys
from pathlib import Path

import pandas
from PIL import Image


def write(data, out):
    rows = json.loads((Path(data) / 'test.json').read_text(encoding='utf-8'))
    pandas.DataFrame(
        {
            'index': index,
            'image': base64.b64encode((Path(data) / row['images'][0]).read_bytes()).decode(),
            'question': row['problem'].replace('<image>', '').strip(),
            'answer': row['solution'],
        }
        for index, row in enumerate(rows)
    ).to_csv(out, sep='\t', index=False)


def score(replies):
    table = pandas.read_excel(replies, dtype=str).fillna('')
    right = sum(table['prediction'].str.strip().str.lower() == table['answer'].str.strip().str.lower())
    print(f'{right} of {len(table)} right')


def resend(data, images, out):
    rows = json.loads((Path(data) / 'test.json').read_text(encoding='utf-8'))
    for index, row in enumerate(rows):
        path = Path(out) / row['images'][0]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.open(Path(images) / f'{index}.png').save(path, format='JPEG')
    (Path(out) / 'test.json').write_text(json.dumps(rows), encoding='utf-8')


{'write': write, 'score': score, 'resend': resend}[sys.argv[1]](*sys.argv[2:])
