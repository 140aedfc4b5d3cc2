/** Entry point: selects a page (Ask, Trajectory, Runs) by the fragment of the address, or shows a page opened from a file. */
import { render } from 'preact'
import { useEffect } from 'preact/hooks'
import 'virtual:palette.css'
import './style/base.css'
import './style/question.css'
import './style/boxes.css'
import './style/timeline.css'
import './style/tree.css'
import './style/cards.css'
import './style/picture.css'
import './style/group.css'
import './style/inside.css'
import './style/fork.css'
import './style/ask.css'
import './style/tables.css'
import './style/charts.css'
import './style/filters.css'
import './style/report.css'
import './style/search-page.css'
import './style/connect.css'
import './style/notes.css'
import './style/screens.css'
import { AskPage } from './ask-page.tsx'
import { AskedPage } from './asked-page.tsx'
import { CurvesPage } from './curves-page.tsx'
import { DiffPage } from './diff-page.tsx'
import { DiffSearchPage } from './diff-search-page.tsx'
import { ProblemFact } from './facts.tsx'
import { FilePage } from './file-page.tsx'
import { href, RouteContext, setTitle, useAddress } from './route.ts'
import { RunPage } from './run-page.tsx'
import { RunSearchPage } from './run-search-page.tsx'
import { RunsPage } from './runs-page.tsx'

function App() {
  const route = useAddress()
  const { path } = route
  const [kind = ''] = path
  useEffect(() => setTitle(path), [path])
  const inRuns = kind === 'runs' || kind === 'run' || kind === 'diff' || kind === 'curves'
  return (
    <RouteContext.Provider value={route}>
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <header class="top">
        <h1 class="brand">
          mini-o3 <span>visual search, turn by turn</span>
        </h1>
        <nav aria-label="Pages">
          <a href={href([])} aria-current={inRuns ? undefined : 'page'}>
            Ask
          </a>
          <a href={href(['runs'])} aria-current={inRuns ? 'page' : undefined}>
            Runs
          </a>
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {pageOf(path)}
      </main>
    </RouteContext.Provider>
  )
}

/** The page of an address; for an unknown one, a message. */
function pageOf(path: readonly string[]) {
  const [kind = '', name = '', item = '', ...others] = path
  const shape = `${kind} ${path.length}`
  if (path.length === 0) return <AskPage />
  if (shape === 'ask 2') return <AskedPage key={name} id={name} />
  if (shape === 'runs 1') return <RunsPage />
  // The second form is the one that people type.
  if (shape === 'run 2' || shape === 'runs 2') return <RunPage key={name} name={name} />
  if (shape === 'run 3' && isIndex(item)) return <RunSearchPage key={name} name={name} />
  if (kind === 'curves' && path.length > 1) return <CurvesPage key={path.join('/')} runs={path.slice(1)} />
  if (shape === 'diff 3') return <DiffPage key={`${name} ${item}`} first={name} second={item} />
  if (shape === 'diff 5' && others.every(isIndex)) {
    return <DiffSearchPage runs={[name, item]} indexes={[Number(others[0]), Number(others[1])]} />
  }
  return <ProblemFact message="There is no such page. The address may be incomplete: use Ask or Runs, above." />
}

function isIndex(text: string): boolean {
  return /^\d{1,9}$/.test(text)
}

function skip(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#main')?.focus()
}

const data = document.querySelector('#data')?.textContent
const app = document.querySelector('#app')
if (app) render(data ? <FilePage data={JSON.parse(data)} /> : <App />, app)
