"""Writes the scripted searches of this folder, all our own: python scripts.py <searches|groups|judge|letters|random N> [--seed S]."""
import argparse, json, random

arguments = argparse.ArgumentParser()
arguments.add_argument("what", choices=["searches", "groups", "judge", "letters", "random"])
arguments.add_argument("count", nargs="?", type=int, default=100)
arguments.add_argument("--seed", type=int, default=14)
arguments = arguments.parse_args()
chance = random.Random(arguments.seed)

ANSWER = "<think>Seen.</think><answer>red</answer>"


def call(box, source="original_image", before="<think>Look.</think>", after=""):
    written = box if isinstance(box, str) else json.dumps(box)
    return f'{before}<grounding>{{"bbox_2d": {written}, "source": "{source}"}}</grounding>{after}'


def said(*replies):
    return [reply if isinstance(reply, dict) else {"text": reply} for reply in replies]


def show(kind, replies, picture=(600, 400), **more):
    row = {"class": kind, "picture": list(picture), "question": "Which colour?", "gold": "red", "judge": ["Score: 1"],
           **more, "replies": said(*replies)}
    print(json.dumps(row, ensure_ascii=False))


# Lists and what stands in their places, as a model may write them.
UNREAD = """0.1, 0.2, 0.3, 0.4|[0.1 0.2 0.3 0.4]|[0.1, 0.2 0.3, 0.4]|[0.1, 0.2, 0.3, 0.4|0.1, 0.2, 0.3, 0.4]|[0.1, 0.2, 0.3]
[0.1, 0.2, 0.3, 0.4, 0.5]|[]|[[0.1, 0.2, 0.3, 0.4]]|(0.1, 0.2, 0.3, 0.4)|[0.1, 0.2, 0.3, 0.4)|{0.1, 0.2, 0.3, 0.4}|0.5|None|True
[a, b, c, d]|[x0, y0, x1, y1]|[0.1, y, 0.3, z]|[0.1, 0.2, 0.3, None]|[None, None, None, None]|[True, False, True, True]
[0, 0, True, True]|[0.1, 0.2, 0.3, [0.4]]|[0.1, 0.2, 0.3, (0.4, 0.5)]|[0.1, 0.2, 0.3, {}]|[0.1, 0.2, 0.3, {0.4}]|[0.1,, 0.2, 0.3, 0.4]
[, 0.1, 0.2, 0.3, 0.4]|[0.1, 0.2, 0.3, 0.4,]|[0.1, 0.2, 0.3, 0.4,,]|[0.1; 0.2; 0.3; 0.4]|[0.1: 0.2, 0.3, 0.4]|[0.1, 0.2], [0.3, 0.4]
[[0.1, 0.2], [0.3, 0.4]]|[0.1 , 0.2 , 0.3 , 0.4 ]|[ 0.1,0.2,0.3,0.4]|[.1, .2, .3, .4]|[1e-1, 2e-1, 3E-1, 0.4]|[0.1., 0.2, 0.3, 0.4]
[0.1.2, 0.2, 0.3, 0.4]|[0..1, 0.2, 0.3, 0.4]|[00.1, 0.2, 0.3, 0.4]|[007, 0.2, 0.3, 0.4]|[01, 0, 1, 1]|[0_1, 0, 1, 1]|[1_0, 0, 1, 1]
[1__0, 0, 1, 1]|[0.1%, 0.2, 0.3, 0.4]|[10%, 20%, 30%, 40%]|[0.1px, 0.2, 0.3, 0.4]|[100px, 200px, 300px, 400px]|[0,1, 0,2, 0,3, 0,4]
[-0.1, -0.2, 0.3, 0.4]|[+0.1, +0.2, 0.3, 0.4]|[--0.1, 0.2, 0.3, 0.4]|[- 0.1, 0.2, 0.3, 0.4]|[0.1 -0.2, 0.3, 0.4]|[0.1, 0.2, 0.3, -]
[1e999, 0, 1, 1]|[0, 0, 1e999, 1]|[-1e999, 0, 1, 1]|[0.1, 0.2, inf, 0.4]|[nan, 0.2, 0.3, 0.4]|[Infinity, 0, 1, 1]|[NaN, 0, 1, 1]|[null, 0, 1, 1]
[0.1, 0.2, 0.3, true]|[\u20280.1, 0.2, 0.3, 0.4]|[0.1,\u00a00.2, 0.3, 0.4]|[0.1\uff0c 0.2\uff0c 0.3\uff0c 0.4]|\uff3b0.1, 0.2, 0.3, 0.4\uff3d
[\uff10.1, 0.2, 0.3, 0.4]|[0.1\u3001 0.2, 0.3, 0.4]|[\u22120.1, 0.2, 0.3, 0.4]|[0.1, 0.2, 0.3, 0.4\u3002]|[\u201c0.1\u201d, 0.2, 0.3, 0.4]
[0.1, 0.2, 0.3, 0.4|][0.1, 0.2, 0.3, 0.4]|[0.1, 0.2, 0.3, 0.4]]|[0.1, 0.2, 0.3, 0.4}|[0.1, (0.2, 0.3, 0.4]|[0.1, 0.2, 0.3, 0.4] [0.5]
[0.1, 0.2, 0.3, 0.4] # box|# box|[x]|[?, 0.2, 0.3, 0.4]|[$x, 0, 1, 1]|[0.1, !0.2, 0.3, 0.4]|[0.1, ..., 0.3, 0.4]|[...]|'|"|'[0.1, 0.2, 0.3, 0.4]
"[0.1, 0.2, 0.3, 0.4]"|['a', 'b', 'c', 'd']|[0.1, 0.2, 0.3, 'a']|[0.1, 'x, 0.3, 0.4]|[zero, 0, 1, 1]|[x_min, y_min, x_max, y_max]
[0.1, 0.2, 0.3, 0.4.]|[0.1, 0.2, 0.3e, 0.4]|[0x, 0, 1, 1]|[1e400, x, 0, 1]|[-99999999999999999999, 0, 1e30, 1]
[1.5e308, 0, 1.7e308, 1]|[0, 0, 1e18, 1e18]|[1e-400, 0, 1, 1]|[0.1\\n, 0.2, 0.3, 0.4]|[0.1, 0.2, 0.3, 0.4]\t|\t[0.1, 0.2, 0.3, 0.4]|bbox
bbox = [0.1, 0.2, 0.3, 0.4]|[x=0.1, y=0.2, 0.3, 0.4]|left top|[left top right bottom]|[0.1, 0.2, 0.3, 0.4] source|in|[in, 0, 1, 1]|[0.1, if, 1, 1]
[0.1 and, 0, 1, 1]|[is, 0, 1, 1]|[not, 0, 1, 1]|return|[lambda, 0, 1, 1]|[0.1 0.2, 0.3 0.4]
["0.1", "0.2", "0.3", "0.4"]|['0.1', '0.2', '0.3', '0.4']|["", 0, 1, 1]|["it's", 0, 1, 1]|[0.1, 0.2, 0.3, "right edge"]|[0.1 (left), 0.2 (top), 0.3, 0.4]
[0.1, 0.2](0.3, 0.4)|[[0.1, 0.2] [0.3, 0.4]]|[0.1[0], 0, 1, 1]|[(0.1, 0.2) [0], 0, 1, 1]|[(0.1, 0.2)[0.3], 0, 1, 1]|[0.1=0.2, 0, 1, 1]|[x=0.1 y=0.2]|[(x=1), 0, 1, 1]
[x: 0.1, y: 0.2]|{"x0": 0.1, "y0": 0.2}|[a:b]|[min, 0, 1, 1]|[float, 0, 1, 1]|[0.1, 0.2, int, 1]|source|[bbox]|[0.1 not 0.2]|[x "a"]|["a" 0.1]|[x == 1, 0, 1, 1]
[0x1g, 0, 1, 1]|[0b2, 0, 1, 1]|[0o, 0, 1, 1]|[0x0, 0, 0x1, 0b1]|[0.1, # left\n 0.2]|[0.1, {throw 1}]|(() => 1)|[() => 1]|[0.1, yield, 1, 1]|[for, 0, 1, 1]
zoom(0.1, 0.2, 0.3, 0.4)|box(0.1)|[0.1, 0.2, 0.3, 0.4][0.5, 0.6]|[0.1][x]|-[0.1]|[0.1 to 0.3, 0.2 to 0.4]|[0.1->0.3]|[0.1 .. 0.3]|[0.1-, 0.2, 0.3, 0.4]|[~0.1]|[@]"""
unread = [text for line in UNREAD.split("\n") for text in line.split("|")]
unread += ["[0.1,\n0.2,\n0.3,\n0.4]", "[0.1,\n0.2\n0.3,\n0.4]", "[0.1, # left\n0.2, 0.3, 0.4]", "\n[0.1, 0.2, 0.3, 0.4]", "[0.1, 0.2,\n 0.3, 0.4", "[0.1, \\\n0.2, 0.3, 0.4]", "#", "# a\n# b\n"]
SOURCES = """observation_1|observation_0|observation_2|observation_99|observation_|observation_x|observation_1.png|observation_01|observation_001
observation 1|Observation_1|observation-1|OBSERVATION_1|original|original_image |\u00a0original_image| original_image|Original_image
original_image\u00a0|image|the image|observation_1 |observation_\uff11|observation_\u0661|observation_1_2|observation_-1|observation_+1
xobservation_1|observation_10000000000000000000000|original_image.jpg|original-image|observation1|crop_1|original_image", "x": "1|\u89c2\u5bdf_1||'
observation_\u00b2|observation_1\u00a0|observation_1\\n|[1]|1|0"""
sources = [text for line in SOURCES.split("\n") for text in line.split("|")]
BOXES = [[0, 0, 1, 1], [0.5, 0.5, 0.5004, 0.6], [0.5, 0.5, 0.6, 0.5004], [0.6, 0.1, 0.4, 0.5], [0.1, 0.6, 0.4, 0.5], [0.4, 0.4, 0.3, 0.3],
         [-0.5, -0.5, -0.1, -0.1], [1.1, 1.1, 1.5, 1.5], [100, 200, 300, 400], [0, 0, 600, 400], [0.1, 0.2, 30, 40], [0, 0, 1, 0.003],
         [0, 0, 0.001, 1], [0, 0.5, 1, 0.503], [0.5, 0, 0.502, 1], [0, 0, 1, 0.005], [0.29, 0.29, 0.58, 0.58], [0.999, 0.999, 1, 1],
         [0.9985, 0, 1, 1], [0, 0.9976, 1, 1], [-0.05, 0.5, 0.2, 1.2], [0.0016, 0.0025, 0.0034, 0.0051], [0.99834, 0.99751, 1, 1], [1, 1, 0, 0]]
PICTURES = [(600, 400), (400, 300), (1000, 700), (2250, 1500), (4000, 3000), (120, 80), (30, 2000), (2786, 30), (150, 28), (333, 777),
            (28, 28), (1999, 1001), (2001, 1000), (199, 201), (3840, 2160), (5000, 400), (401, 5600), (640, 480)]


# What the released loop evaluates, and the project does not.
EXPRESSIONS = ["[(0.1, 0.2) [0], 0, 1, 1]", "[~0.1]"]


def searches():
    for text in [text for text in unread if text not in EXPRESSIONS]:
        show("list", [call(text), ANSWER], tokens=True)
    for text in sources:
        show("source", [call([0.1, 0.1, 0.7, 0.7]), call([0.2, 0.2, 0.9, 0.9], text), ANSWER], tokens=True)
    for box in BOXES:
        show("box", [call(box), call(box, "observation_1"), ANSWER], tokens=True)
    for picture in PICTURES[:8]:
        show("thin", [call([0, 0, 1, round(chance.uniform(0.001, 0.006), 4)]), call([0, 0, round(chance.uniform(0.001, 0.006), 4), 1]),
                      ANSWER], picture=picture)
    order = [("x", "[0.1, 0.2, 0.3]"), ("x", "[0.6, 0.1, 0.4, 0.5]"), ("observation_7", "[0.1, 0.2, 1e999, 0.4]"), ("x", "[1e999, 0, 1, 1]"),
             ("x", "[a, b, c, d]"), ("observation_7", "[0.1 0.2]"), ("observation_7", "(0.1, 0.2, 0.3, 0.4)"), ("x", "[None, 0, 1, 1]"),
             ("observation_7", "['a', 0, 1, 1]"), ("original_image", "[1e999, 0.9, 0.1, 0.1]"), ("original_image", "[0.6, 0.6, 0.5, 0.5]"),
             ("observation_1", "[0.5, 0.9, 0.5, 0.1]"), ("", "[0, 0, 1, 0.001]"), ("observation_0", "[0, 0, 1, 0.001]"), ("x", "[0.1, 0.2], 0.3")]
    for source, box in order:
        show("order", [call(box, source), ANSWER], tokens=True)
    zoom = call([0.1, 0.1, 0.8, 0.8])
    # Answers beyond each limit.
    for last in [f"<answer>red</answer>{zoom}", f"{zoom}<answer>red</answer>", f"<answer></answer>{zoom}", zoom, f"<answer> red\n</answer>{zoom}",
                 f"<answer>red{zoom}", f"<answer>a</answer><answer>b</answer>{zoom}", f"</answer>{zoom}<answer>x", "<answer>red</answer>"]:
        show("over-turn", [zoom, zoom, last], maxTurns=3)
        show("over-turn", [last], maxTurns=1, judge=["Score: 0"])
        show("over-image", [zoom, call([0.2]), zoom, last], maxImages=3)
        show("over-context", [zoom, {"text": last, "more": 30_000}], tokens=True)
        show("over-context", [{"text": last, "more": chance.randint(29_900, 30_300)}, ANSWER], tokens=True)
        show("joined", ["<think>Say <answer> first.</think>" + zoom, last])
    for first in ["<answer>blue</answer>", "<answer>", "</answer>", "<answer> ", "<answer>blue</answer><answer>", "<think><answer>blue</answer></think>",
                  "<Answer>blue</Answer>", "<answer >blue</answer>", "<answer>blue</answer", "<answer><answer>blue</answer>"]:
        show("joined", [first + zoom, ANSWER])
        show("joined", [first + zoom, call([0.3], before="Hm. "), "<think>..</think>\n<answer>green</answer>\n"])
        show("joined", [zoom, first + "<answer>\nred\u00a0</answer>"], judge=["Score: 0"])
    for body in ["", " ", "\n", "\u00a0", "\ufeff", "red", " red ", "<b>red</b>", "a\n\nb", "\u7ea2\u8272", "</think>", "<answer>", "1\u20442", "\U0001f7e5", "{question}", "%s \\boxed{red}"]:
        show("answer", [f"<answer>{body}</answer>"])
        show("answer", [zoom, f"<think>Seen.</think>\n<answer>{body}</answer>"], judge=["Score: 0"])
    for text, finish in [("<answer>red</answer>", "length"), ("<answer>red</answer> ", "stop"), ("<answer>red</answer>\n", "stop"),
                         ("<answer>red</answer>\n\n", "stop"), ("<answer>red</answer>.", "stop"), ("<answer>red", "stop"), ("<answer>red", "length"),
                         ("", "stop"), ("I", "length"), ("red", "stop"), ("</answer>", "stop"), ("<answer></answer>", "stop"), ("</answer><answer>", "stop"),
                         ("<grounding>", "stop"), ("<grounding>x", "length"), ("</grounding>", "stop"), ("<tool_call>{}</tool_call>", "stop"),
                         ("<answer>red</answer>\r\n", "stop"), ("<answer>red</answer>\u2028", "stop"), ("<answer>a</answer> then <answer>b</answer>", "stop")]:
        show("end", [{"text": text, "finish": finish}])
        show("end", [zoom, {"text": text, "finish": finish}], tokens=True)
    box = "[0.1, 0.1, 0.8, 0.8]"
    for text in [f'<grounding>{{"bbox_2d":{box}, "source": "original_image"}}</grounding>', f'<grounding>{{"bbox_2d": {box}, "source":"original_image"}}</grounding>',
                 f'<grounding> {{"bbox_2d": {box}, "source": "original_image"}}</grounding>', f'<grounding>{{"bbox_2d": {box}, "source": "original_image"}} </grounding>',
                 f'<grounding>{{"source": "original_image", "bbox_2d": {box}}}</grounding>', f'<grounding>{{"bbox_2d": {box}}}</grounding>',
                 f'<grounding>{{"bbox_2d": {box}, "label": "a", "source": "original_image"}}</grounding>', f"<grounding>{{'bbox_2d': {box}, 'source': 'original_image'}}</grounding>",
                 f'<grounding>{{"bbox_2d": {box}, "source": \'original_image\'}}</grounding>', f'<grounding>{{"bbox_2d": {box}, "source": ,original_image,}}</grounding>',
                 f'<grounding>{{"bbox_2d": {box}, "source": "original_image", "why": "x"}}</grounding>', f'<grounding>{{"bbox_2d": {box}\n, "source": "original_image"}}</grounding>',
                 f'<grounding>{{"bbox_2d": {box},"source": "original_image"}}</grounding>', f'<grounding>{{"bbox_2d": {box} "source": "original_image"}}</grounding>',
                 f'<grounding>\n{{"bbox_2d": {box}, "source": "original_image"}}\n</grounding>', "<grounding></grounding>", "<grounding>zoom</grounding>", "<grounding>{}</grounding>",
                 f'<grounding>{{"bbox_2d": {box}, "source": original_image}}</grounding>', f'<grounding>{{"bbox_2d": {box}, "source": "original_image\'}}</grounding>',
                 f'<grounding>{{"bbox": {box}, "source": "original_image"}}</grounding>', f'<GROUNDING>{{"bbox_2d": {box}, "source": "original_image"}}</GROUNDING>',
                 f'<grounding>```{{"bbox_2d": {box}, "source": "original_image"}}```</grounding>', f'<grounding>{{"bbox_2d": {box}, "source": "original_image"}}</grounding']:
        show("form", [text, ANSWER], tokens=True)
    good, other = [f'<grounding>{{"bbox_2d": {b}, "source": "original_image"}}</grounding>' for b in (box, "[0, 0, 0.5, 0.5]")]
    for text in [good + other, "<grounding>x</grounding>" + good, good + "<grounding>x</grounding>", good + "<answer>red</answer>" + other,
                 good + " and <grounding>", "<grounding>" + good, good + "</grounding>", "<grounding>" + good[:-len("}</grounding>")] + other,
                 good + ", \"source\": \"x\"}</grounding>", "<answer>red</answer>" + good + "<answer>blue</answer>", f"<think>{good}</think><answer>red</answer>"]:
        show("several", [{"text": text, "unhalted": True}, ANSWER])
        show("several", [text, ANSWER], tokens=True)
    for picture in PICTURES:
        boxes = []
        for _ in range(3):
            x, y = chance.uniform(0, 0.6), chance.uniform(0, 0.6)
            boxes.append([round(edge, 3) for edge in (x, y, x + chance.uniform(0.01, 0.4), y + chance.uniform(0.01, 0.4))])
        show("sizes", [call(boxes[0]), call(boxes[1], "observation_1"), call(boxes[2], chance.choice(["observation_2", "original_image"])), ANSWER], picture=picture)
    for _ in range(60):
        mixture("mixture")


def mixture(kind):
    """A search of any shape."""
    def number():
        return chance.choice([round(chance.random(), chance.randint(1, 4)), round(chance.uniform(-0.2, 1.2), 3)])

    def turn():
        a, b = sorted([number(), number()]), sorted([number(), number()])
        box = [a[0], b[0], a[1], b[1]]
        pick = chance.random()
        if pick < 0.08:
            box = chance.choice(unread)
        elif pick < 0.14:
            box = [number() for _ in range(4)]
        source = "original_image" if chance.random() < 0.5 else f"observation_{chance.randint(0, 4)}"
        if chance.random() < 0.05:
            source = chance.choice(sources)
        text = call(box, source, chance.choice(["<think>Look.</think>", "", "<think>Hm</think> <answer>", "<answer>blue</answer>", "So: ", "\u770b\u770b "]))
        if chance.random() < 0.04:
            text = text.replace(chance.choice(['"source"', ": ", "}", "[", ",", '"', "bbox_2d"]), chance.choice(["", " ", "'", "x"]), 1)
        reply = {"text": text}
        if chance.random() < 0.06:
            reply["more"] = chance.randint(0, 12_000)
        return reply

    def closing():
        text = chance.choice(["", "<think>Seen.</think>", "Well. ", "</answer>"]) + f"<answer>{chance.choice(['red', ' blue ', '', 'a red one', '<answer>'])}</answer>"
        return {"text": text + chance.choice([""] * 8 + [" ", "\n", ".", "<answer>"]), "finish": "length" if chance.random() < 0.1 else "stop"}

    limit = chance.choice([1, 2, 3, 4, 6, 6, 8, 12])
    replies = [turn() for _ in range(chance.randint(0, min(limit + 1, 9)))]
    if chance.random() < 0.85 or not replies:
        replies.append(closing() if chance.random() < 0.85 else {"text": chance.choice(["I give up.", "<grounding>", "<answer>red", "."]), "finish": chance.choice(["stop", "length"])})
    picture = chance.choice(PICTURES)
    show(kind, replies, picture=picture, maxTurns=limit, maxImages=chance.choice([12, 12, 12, 2, 3, 4]), judge=[chance.choice(["Score: 1", "Score: 0"])],
         tokens=kind == "random" or max(picture) <= 700)


def groups():
    zoom = call([0.1, 0.1, 0.8, 0.8])
    right, wrong = ("Score: 1", [{"text": ANSWER}]), ("Score: 0", [{"text": "<answer>blue</answer>"}])
    kinds = [right, wrong, ("Score: 0", [{"text": "Hm."}]), ("Score: 0", said(zoom, {"text": "<think>And then", "finish": "length"})),
             ("Score: 0", said(zoom)), ("Score: 1", said("<answer>red</answer>" + zoom)), ("Score: 0", said("<answer>blue</answer>" + zoom)),
             ("Score: 1", said(call([0.1, 0.2, 0.3]), zoom, ANSWER)), ("Score: 1", said({"text": "<answer>red</answer>", "finish": "length"})),
             ("Score: 1", said("<answer>red</answer>" + zoom, {"text": "cut", "finish": "length"}))]
    for index in range(40):
        size = 16 if index >= 36 else chance.choice([2, 4, 4, 8])
        chosen = [chance.choice(kinds) for _ in range(size)]
        if index in (4, 5):
            chosen = [[right, wrong][index - 4]] * 4
        if index in (9, 10):
            chosen[0] = ("no idea", [{"text": "<answer>unclear</answer>"}])
        searches = [{"replies": replies, "judge": [judged]} for judged, replies in chosen]
        print(json.dumps({"class": "group", "picture": [300, 200], "question": "Which colour?", "gold": "red", "maxTurns": 3, "searches": searches}))


def judge():
    forms = ["Score: 1", "Score: 0", "score:1", "SCORE: 0", "Score: 10", "Score: 0.1", "Score: 01", "Score: one", "Score:", "Score: \n1", "Score: 1\n0", "Score: 0 or 1",
             "Score: 1.", "Score: 0.", "Score: (1)", "Score: **1**", "**Score: 1**", "**Score:** 1", "Score: 1/1", "Score: 0/1", "1", "0", "", "Correct", "Score 1",
             "Score: 1. Because score: 0", "Score: 0. Score: 1", "First score: 0\nFinal score: 1", "The score: is 1", "Score:\t1", "Score: \u00a01", "Score:1 0", "Score: 0,1",
             "Score: 2", "Score: -1", "Score: 100%", "Score: 0%", "\u0130 Score: 1", "\u0130\u0130\u0130 Score: 0", "\ufb01nal SCORE: 1", "score\uff1a1", "Score : 1", "Scores: 1",
             "Score: \\boxed{1}", '{"score": 1}', '{"Score: 0"}', "Score: 1" + " " * 30, "Score: \u0661", "Score: \uff11", "Score: \r\n0", "Score: \x0b1", "Score: \u20281", "Score: \x1c0",
             "Score:\u30001", "Score: \ufeff1", "Score: 1\r", "Score: 1\r0", "Score: no, 1", "Score: yes1", "<think>Score: 0</think>Score: 1", "Score: 1</think>"]
    for form in forms:
        print(json.dumps({"class": "judge", "judge": [form]}, ensure_ascii=False))
    for script in [["Score: x", "Score: 1"], ["x", "x", "x", "x", "Score: 1"], ["x", "x", "x", "x", "x", "Score: 1"], ["Score:", "Score: 0"], ["", "", "Score: 10"]]:
        print(json.dumps({"class": "judge-tries", "judge": script}))


def letters():
    choices = ["red", "blue", "green", "yellow"]
    texts = ["A", "B", "B.", "(B)", "b", "B. blue", "The answer is B", "The answer is b", "the ANSWER  IS **B**", "The answer is blue", "blue", "It is blue.", "Blue or red", "blue blue",
             "A or B", "A B", "Answer: B", "Best answer: C", "The best answer is D", "The correct answer is B", "The answer", "", " ", "\ufeff", "\ufeffB", "\u00a0B", "Z", "E", "(E) none",
             "I think B is right", "B is what I think is right here", "Between A and C, C", "A bird is blue", "The colour is A deep blue that I see there", "answer is a bird", "answer is E",
             "answer is **C", "answer is D. But the answer is A", "Failed to obtain answer via API", "Failed to obtain answer via API B", "Sorry, I can't help with images of people yet.",
             "I can't process this file. B", "Cannot determine the answer B", "\uff22", "\u9009B", "\u9009 B", "\u7b54\u6848\u662fB", "\\boxed{B}", "**B**", "[B]", "{B}", "#B", "B!", "B?", "B-", "'B'", "B,C", "B;C",
             "green " * 8, "redblue", "yellow.", "GREEN", "none of them", "one two three four five six seven eight nine ten eleven", "xx " * 11, "answer is", "answer\u00a0is\u00a0B",
             "answer\nis\nC", "Option B", "option b", "The best option isThe correct option is", "Best option: B", "Best answer:Best option:", "\x1cB", "B\u2028", "\u0130", "\u0130 B", "A. A. A.", "B\u200b",
             "c) green", "I'm sorry, but without the image provided", "cannot see", "D" * 3, "A-B", "Answer: it is not in the picture (E)", "red, as the sign says, and not blue"]
    for text in texts:
        print(json.dumps({"class": "letter", "answer": text, "choices": choices}, ensure_ascii=False))
    for text in ["A", "C", "two", "It is two", "the first one", "", "no. 2", "one or two", "TWO", "answer is C", "Z"]:
        print(json.dumps({"class": "letter", "answer": text, "choices": ["one", "two"]}))
    for text in ["(a) 3", "3", "33", "E", "The image does not show it", "no", "a", "i", "\u0130", "(c", "D 5"]:
        print(json.dumps({"class": "letter", "answer": text, "choices": ["3", "33", "a bird", "\u0130stanbul", "The image does not show it"]}, ensure_ascii=False))
    for _ in range(12):
        cycles = chance.randint(1, 4)
        rows = [{"cycle": str(chance.randrange(cycles)), "category": chance.choice(["single", "cross"]), "right": chance.random() < 0.5} for _ in range(chance.randint(4, 12))]
        print(json.dumps({"class": "cycles", "rows": rows}))


if arguments.what == "random":
    for _ in range(arguments.count):
        mixture("random")
else:
    globals()[arguments.what]()
