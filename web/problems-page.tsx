/** The contact sheet of a problem set: each problem with its picture, outlined targets and magnified targets. */
import type { ProblemsData } from '../src/page/page-data.ts'

export function ProblemsPage({ title, problems }: ProblemsData) {
  return (
    <section class="sheet" aria-label="Problems">
      <h1>{title}</h1>
      <div class="problems">
        {problems.map(({ name, question, answers, targets, facts, picture, closeUps }) => (
          <article key={name}>
            <p>{name}</p>
            <h2>{question}</h2>
            <ul>
              {answers.map(({ text, right }) => (
                <li key={text} class={right ? 'right' : ''}>
                  {text}
                </li>
              ))}
            </ul>
            <div class="outlined">
              <img src={picture} alt="the whole picture" />
              <svg viewBox="0 0 1 1" preserveAspectRatio="none">
                {targets.map(([x0, y0, x1, y1], index) => (
                  <rect key={index} x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
                ))}
              </svg>
            </div>
            <div class="close-ups">
              {closeUps.map((url) => (
                <img key={url} src={url} alt="a target" />
              ))}
            </div>
            <p>{facts}</p>
          </article>
        ))}
      </div>
    </section>
  )
}
