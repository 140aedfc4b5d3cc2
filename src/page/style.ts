/** The page's stylesheet. Light and dark follow the reader's system; one column on narrow screens. */
import { paletteStyle } from './palette.ts'

export function style(): string {
  return [base, top, look, treeStyle, cards, narrow, paletteStyle()].join('\n')
}

const base = `
:root {
  color-scheme: light dark;
  --page: #f6f5f2; --panel: #ffffff; --text: #1c1b19; --soft: #6a6762; --line: #e2dfd9; --well: #efede8;
  --good: #1a7f4b; --good-well: #e3f4ea; --bad: #b3261e; --bad-well: #fbe9e7; --target: #ffd400;
  --shadow: 0 1px 2px rgb(0 0 0 / .05), 0 4px 16px rgb(0 0 0 / .04);
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131416; --panel: #1c1e21; --text: #eceae6; --soft: #9b9993; --line: #2e3135; --well: #26292d;
    --good: #5cd394; --good-well: #17301f; --bad: #ff8a80; --bad-well: #381a18; --shadow: none;
  }
}
* { box-sizing: border-box }
html { scroll-padding: 16px; -webkit-text-size-adjust: 100% }
body {
  margin: 0 auto; padding: 0 24px 32px; max-width: 1480px; background: var(--page); color: var(--text);
  font: 15px/1.5 ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Inter, Roboto, sans-serif;
  overflow-wrap: anywhere;
}
h2, h3, p, dl, dd, ol, figure, pre { margin: 0; padding: 0 }
a { color: inherit }
:focus-visible { outline: 2px solid #4a78ff; outline-offset: 2px; border-radius: 4px }
kbd {
  font: 11px/1 var(--mono); padding: 2px 5px; border: 1px solid var(--line); border-radius: 4px; color: var(--soft);
}
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
`

const top = `
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 24px; padding: 18px 0 14px }
.brand { font-weight: 700; letter-spacing: -.01em }
.brand span { font-weight: 400; color: var(--soft); margin-left: 6px }
nav { display: flex; gap: 4px; padding: 3px; background: var(--well); border-radius: 10px }
nav a { padding: 5px 14px; border-radius: 8px; text-decoration: none; color: var(--soft); text-transform: capitalize }
nav a:hover { color: var(--text) }
nav a[aria-current] { background: var(--panel); color: var(--text); font-weight: 600; box-shadow: var(--shadow) }
nav .correct span { color: var(--good) }
nav .wrong span { color: var(--bad) }
.live .search:not(.open) { display: none }
.search { scroll-margin-top: 200px }
.search + .search { margin-top: 48px }
.live .search { margin-top: 0 }
.question {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 12px 32px; padding: 0 0 16px;
}
.question h2 { font-size: clamp(20px, 2.4vw, 28px); line-height: 1.2; font-weight: 650; letter-spacing: -.02em }
.question dl { display: flex; flex-wrap: wrap; gap: 8px }
.question dl div {
  min-width: 66px; max-width: 320px; padding: 6px 14px; background: var(--panel); border: 1px solid var(--line);
  border-radius: 12px;
}
.question dt { font-size: 11px; color: var(--soft) }
.question dd { font-size: 20px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums }
.question dd.words { font-size: 15px; line-height: 25px }
.question dd small { font-size: 13px; font-weight: 400; color: var(--soft) }
.question .correct { background: var(--good-well); border-color: var(--good) }
.question .wrong { background: var(--bad-well); border-color: var(--bad) }
.correct dd span, .verdict.correct p { color: var(--good) }
.wrong dd span, .verdict.wrong p { color: var(--bad) }
.facts {
  display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 24px; padding-top: 12px; border-top: 1px solid var(--line);
  font-size: 12px; color: var(--soft);
}
.facts b { font-weight: 600; color: var(--text) }
`

const look = `
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 24px; align-items: start }
.look { position: sticky; top: 16px; display: grid; gap: 12px }
.stage { display: grid; justify-items: center }
.canvas {
  display: block; width: auto; height: auto; max-width: 100%; max-height: max(420px, calc(76vh - 214px));
  border-radius: 10px;
}
.shade { fill: rgb(0 0 0 / .5); opacity: 0 }
.box rect, .target rect { fill: none; vector-effect: non-scaling-stroke }
.box .line { stroke: var(--turn); stroke-width: var(--width); stroke-dasharray: var(--dash, none) }
.box .halo { stroke: rgb(0 0 0 / .55); stroke-width: calc(var(--width) + 2.5px) }
.box { cursor: pointer; pointer-events: bounding-box }
.depth-1 { --width: 3.5px } .depth-2 { --width: 3px } .depth-3 { --width: 2.5px } .depth-4 { --width: 2px }
.badge circle { fill: var(--turn); stroke: rgb(0 0 0 / .55); stroke-width: 1.5 }
.badge text { fill: var(--ink); text-anchor: middle; font-weight: 700; font-size: 12px }
.box.before { opacity: .4 }
.box.later { display: none }
.box.now, .box.lit { opacity: 1; --width: 4.5px }
.target { display: none; pointer-events: none }
.show-targets .target { display: block }
.target .line { stroke: var(--target); stroke-width: 3px; stroke-dasharray: 6 3 }
.target .halo { stroke: rgb(0 0 0 / .75); stroke-width: 6px }
.controls { display: none; gap: 6px }
.live .controls { display: grid }
.scrub { display: flex; align-items: center; gap: 12px }
.play {
  flex: none; width: 38px; height: 38px; padding: 0; border: 0; border-radius: 50%; background: var(--text);
  color: var(--page); font-size: 14px; cursor: pointer;
}
.track { position: relative; flex: 1; height: 34px; min-width: 0 }
.dots { position: absolute; inset: 0; display: flex; align-items: center; justify-content: space-between }
.dots::before {
  content: ''; position: absolute; z-index: -2; left: 13px; right: 13px; height: 2px; background: var(--line);
}
.dots i {
  position: relative; display: grid; place-items: center; width: 26px; height: 26px; flex: 0 1 26px; min-width: 0;
}
.dots i { font: 700 11px/1 system-ui, sans-serif; color: var(--ink) }
.dots i::before {
  content: ''; position: absolute; z-index: -1; width: min(20px, 100%); aspect-ratio: 1; border-radius: 50%;
  background: var(--turn, var(--soft));
}
.dots .all::before { width: 8px }
.dots { z-index: 0 }
.dots .later::before { opacity: .35 }
.dots .now::before { width: 26px }
.dense .dots i { font-size: 0; flex-basis: 8px; }
.dense .dots .now { font-size: 11px; flex: none }
.track input {
  position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer;
}
.track:focus-within { outline: 2px solid #4a78ff; outline-offset: 1px; border-radius: 17px }
.scrub output { flex: none; width: 94px; font-size: 13px; white-space: nowrap; color: var(--soft); text-align: right }
.options { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft) }
.options label { display: flex; align-items: center; gap: 6px; cursor: pointer }
.options input { margin: 0; accent-color: var(--text) }
.saying { display: none; margin: 0 }
.keys { margin-left: auto }
`

const treeStyle = `
.tree {
  overflow: auto; max-height: clamp(130px, calc(24vh - 10px), 300px); background: var(--panel); border: 1px solid var(--line); border-radius: 12px;
}
.tree svg { display: block }
.tree a { outline: none }
.tree a:focus-visible .frame, .tree a:focus-visible rect { stroke: #4a78ff; stroke-width: 5 }
.node .well { fill: var(--well) }
.node .frame { fill: none; stroke: var(--turn, var(--soft)); stroke-width: 3; stroke-dasharray: var(--dash, none) }
.node.now .frame, .node.lit .frame { stroke-width: 5 }
.node.later, .arrow.later { opacity: .25 }
.node .caption { font-size: 10.5px; text-anchor: middle; fill: var(--soft) }
.node .badge circle { stroke: var(--panel); stroke-width: 2 }
.node .badge text { font-size: 10.5px }
.node .refused { fill: var(--bad-well); stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 4 3 }
.node .cross { fill: var(--bad); font-size: 20px; text-anchor: middle; dominant-baseline: central }
.node .answer { fill: var(--well); stroke: var(--soft); stroke-width: 2 }
.node .answer.correct { fill: var(--good-well); stroke: var(--good) }
.node .answer.wrong { fill: var(--bad-well); stroke: var(--bad) }
.node .answer-text {
  fill: var(--text); font-size: 28px; font-weight: 700; text-anchor: middle; dominant-baseline: central;
}
.node .answer-text.long { font-size: 13px }
.arrow .way { fill: none; stroke: var(--turn); stroke-width: 2 }
.arrow .head { fill: var(--turn) }
.arrow.now .way, .arrow.lit .way { stroke-width: 3.5 }
`

const cards = `
.turns { list-style: none; display: grid; gap: 14px }
.card {
  padding: 14px 16px; background: var(--panel); border: 1px solid var(--line);
  border-left: 5px solid var(--turn, var(--soft)); border-radius: 12px; box-shadow: var(--shadow);
}
.card.now { outline: 2px solid var(--turn, var(--soft)); outline-offset: 1px }
.card.later { opacity: .55 }
.card > details > * + * { margin-top: 10px }
.card header, .card > details > summary { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px }
.card > details > summary::after { content: '▾' / ''; color: var(--soft) }
.card > details:not([open]) > summary::after { content: '▸' / '' }
.card h3 { font-size: 15px; font-weight: 650 }
.card .number {
  display: grid; place-items: center; width: 24px; height: 24px; border-radius: 50%; background: var(--turn);
  color: var(--ink); font-size: 12px; font-weight: 700;
}
.card .result { font-size: 13px; color: var(--soft) }
.card summary h3 { margin-right: auto }
.thought { font-size: 16px; line-height: 1.45; white-space: pre-wrap; max-height: 16em; overflow: auto }
.action { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 10px }
.action code, .card pre { font: 12.5px/1.5 var(--mono); padding: 4px 8px; background: var(--well); border-radius: 6px }
.chip { font-size: 12px; color: var(--soft) }
.chip::before { content: '✓ '; color: var(--good) }
.chip.bad, .mistake b { color: var(--bad) }
.chip.bad::before { content: '✕ '; color: inherit }
.mistake { padding: 6px 10px; background: var(--bad-well); border-radius: 8px; font-size: 13.5px }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 12px }
.pair { align-items: start }
.pair figure { display: grid; gap: 5px; min-width: 0 }
.pair img {
  display: block; width: 100%; max-height: 320px; object-fit: contain; background: var(--well);
  border: 3px solid var(--turn, var(--line)); border-radius: 6px;
}
.coarse { image-rendering: pixelated }
figcaption { display: grid; font-size: 12px; line-height: 1.35; color: var(--soft) }
figcaption b { font-weight: 600; color: var(--text) }
.verdict { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 28px; padding: 10px 14px; border-radius: 10px }
.verdict { background: var(--well) }
.verdict.correct { background: var(--good-well) }
.verdict.wrong { background: var(--bad-well) }
.verdict div { display: grid }
.verdict div span { font-size: 11px; color: var(--soft) }
.verdict div b { font-size: 28px; line-height: 1.15; font-weight: 700; max-height: 9em; overflow: auto }
.verdict p { margin-left: auto; font-weight: 650; text-align: right }
.verdict small { display: block; font-weight: 400; color: var(--soft) }
.card footer { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12px; color: var(--soft) }
.card footer details { margin-left: auto }
.card footer details[open] { flex-basis: 100%; margin-left: 0 }
.card summary { cursor: pointer }
.card pre { margin-top: 6px; white-space: pre-wrap; max-height: 20em; overflow: auto }
.holds-target { display: none; color: var(--text) }
.holds-target::before { content: '▣ '; color: var(--target) }
.show-targets .holds-target { display: inline }
`

const narrow = `
@media (max-width: 900px) {
  body { padding: 0 12px 24px }
  .columns { grid-template-columns: minmax(0, 1fr) }
  .look { position: static }
  .canvas { max-height: 80vh }
  .tree { max-height: 300px }
  .question dl div { padding: 4px 10px; min-width: 56px }
  .keys { display: none }
  .saying { display: block; order: -1; flex-basis: 100%; min-height: 3em; color: var(--text); font-size: 14px }
  .saying:empty { display: none }
}
@media (max-width: 480px) {
  .brand span { display: none }
  nav a { padding: 5px 10px }
  .scrub output { display: none }
  .card { padding: 12px }
  .thought { font-size: 15px }
}
@media print { .look { position: static } .controls { display: none !important } .card { break-inside: avoid } }
`
