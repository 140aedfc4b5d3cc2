/**
 * The page's script: shows one search at a time and one turn at a time. It only toggles classes and moves the canvas's
 * view box; it makes no markup, so that nothing on the page can be turned into any. Turn 0 is the whole search.
 */
export const script = `'use strict';
(() => {
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  const wide = matchMedia('(min-width: 901px)')
  const svgName = 'http://www.w3.org/2000/svg'
  const searches = [...document.querySelectorAll('.search')].map(setUp)
  const tabs = [...document.querySelectorAll('nav a')]
  let open = searches[0]
  document.documentElement.classList.add('live')

  function setUp(section) {
    const find = (selector) => section.querySelector(selector)
    const canvas = find('.canvas')
    const image = canvas.querySelector('image')
    const whole = canvas.getAttribute('viewBox').split(' ').map(Number)
    const boxes = new Map([...section.querySelectorAll('.box')].map((box) => [Number(box.dataset.turn), box]))
    const range = find('.track input')
    const last = Number(range.max)
    const state = { section, turn: 0, last, show, step, play, stop, resize, toggle, fold }
    // Where each badge sits on the picture; its place on screen follows the zoom.
    const badges = [...canvas.querySelectorAll('.badge')].map((badge) => [badge, ...badge.getAttribute('transform').match(/[\\d.]+/g).map(Number)])
    const follow = find('.follow')
    const target = find('.show-target')
    let view = whole
    let timer
    let frame

    find('.controls').classList.toggle('dense', last > 12)
    range.addEventListener('input', () => (stop(), show(Number(range.value))))
    find('.play').addEventListener('click', () => (timer ? stop() : play()))
    follow.addEventListener('change', () => fly())
    target?.addEventListener('change', () => section.classList.toggle('show-targets', target.checked))
    for (const box of boxes.values()) box.addEventListener('click', () => (stop(), show(Number(box.dataset.turn))))
    for (const item of section.querySelectorAll('.card, .node, .box')) {
      item.addEventListener('pointerenter', () => light(item.dataset.turn, true))
      item.addEventListener('pointerleave', () => light(item.dataset.turn, false))
    }

    // The crops are sharper than the reduced original: they lie over it where it is enlarged.
    for (const [turn, box] of boxes) {
      const crop = section.querySelector('.card[data-turn="' + turn + '"] figure:last-child img')
      if (!crop) continue
      const [x0, y0, x1, y1] = box.dataset.box.split(' ').map(Number)
      const sharp = document.createElementNS(svgName, 'image')
      const sides = { x: x0, y: y0, width: x1 - x0, height: y1 - y0, href: crop.src, preserveAspectRatio: 'none' }
      for (const name in sides) sharp.setAttribute(name, sides[name])
      sharp.setAttribute('visibility', 'hidden')
      canvas.insertBefore(sharp, find('.shade'))
      box.sharp = sharp
    }

    function light(turn, on) {
      for (const item of section.querySelectorAll('[data-turn="' + turn + '"]')) item.classList.toggle('lit', on)
    }

    function show(turn) {
      state.turn = Math.max(0, Math.min(last, turn))
      for (const item of section.querySelectorAll('[data-turn]')) {
        const at = Number(item.dataset.turn)
        item.classList.toggle('now', state.turn > 0 && at === state.turn)
        item.classList.toggle('before', state.turn > 0 && at < state.turn)
        item.classList.toggle('later', state.turn > 0 && at > state.turn)
      }
      range.value = state.turn
      find('output').textContent = state.turn === 0 ? 'all ' + last + ' turns' : 'turn ' + state.turn + ' of ' + last
      const shade = find('.shade')
      const box = current()
      shade.style.opacity = box && state.turn > 0 ? 1 : 0
      if (box) shade.setAttribute('d', ring(whole) + ring(box))
      shade.setAttribute('fill-rule', 'evenodd')
      for (const [at, other] of boxes) other.sharp?.setAttribute('visibility', shown(at) ? 'visible' : 'hidden')
      fly()
      const card = find('.card[data-turn="' + state.turn + '"]')
      find('.saying').textContent = state.turn > 0 ? (card?.querySelector('.thought')?.textContent ?? '') : ''
      if (card && wide.matches && section.classList.contains('open')) {
        scrollTo({ top: state.turn === 0 ? 0 : card.getBoundingClientRect().top + scrollY - 16, behavior: motion() })
      }
      const node = find('.node[data-turn="' + state.turn + '"]')
      const strip = find('.tree')
      if (node) {
        const [a, b] = [node.getBoundingClientRect(), strip.getBoundingClientRect()]
        strip.scrollBy({ left: a.left - b.left - (b.width - a.width) / 2, top: a.top - b.top - (b.height - a.height) / 2, behavior: motion() })
      }
    }

    /** The region that the turn looked at; an answering turn keeps the look before it. */
    function current() {
      for (let turn = state.turn; turn > 0; turn--) if (boxes.has(turn)) return boxes.get(turn).dataset.box.split(' ').map(Number)
    }

    function shown(turn) {
      return state.turn > 0 && turn <= state.turn
    }

    function ring([x0, y0, x1, y1]) {
      return 'M' + x0 + ' ' + y0 + 'H' + x1 + 'V' + y1 + 'H' + x0 + 'Z'
    }

    /** Moves to the current box with some room around it, or back to the whole picture. */
    function fly() {
      const box = follow.checked && state.turn > 0 && current()
      let goal = whole
      if (box) {
        const [x0, y0, x1, y1] = box
        const share = Math.min(1, Math.max((x1 - x0) / whole[2], (y1 - y0) / whole[3]) * 1.5)
        const [width, height] = [whole[2] * share, whole[3] * share]
        const fit = (middle, size, limit) => Math.max(0, Math.min(limit - size, middle - size / 2))
        goal = [fit((x0 + x1) / 2, width, whole[2]), fit((y0 + y1) / 2, height, whole[3]), width, height]
      }
      cancelAnimationFrame(frame)
      const [from, began] = [view, performance.now()]
      const move = (now) => {
        const t = calm.matches ? 1 : Math.max(0, Math.min(1, (now - began) / 450))
        const eased = t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t)
        look(from.map((value, i) => value + (goal[i] - value) * eased))
        if (t < 1) frame = requestAnimationFrame(move)
      }
      if (goal.some((value, i) => value !== view[i])) move(began)
    }

    function look(next) {
      view = next
      canvas.setAttribute('viewBox', view.join(' '))
      resize()
    }

    /** Badges keep their size on screen. */
    function resize() {
      const { width, height } = canvas.getBoundingClientRect()
      if (!width) return
      const scale = Math.max(view[2] / width, view[3] / height)
      const size = scale * (width < 450 ? 0.8 : 1)
      const within = (value, limit) => Math.max(11 * size, Math.min(limit - 11 * size, value))
      for (const [badge, x, y] of badges) {
        badge.setAttribute('transform', 'translate(' + within(x, whole[2]) + ' ' + within(y, whole[3]) + ') scale(' + size + ')')
      }
    }

    function step(by) {
      stop()
      show(state.turn + by)
    }

    function play() {
      if (state.turn >= last) show(0)
      find('.play').textContent = '❚❚'
      find('.play').setAttribute('aria-label', 'Pause')
      const tick = () => {
        show(state.turn + 1)
        if (state.turn >= last) stop()
      }
      timer = setInterval(tick, 1800)
      tick()
    }

    function stop() {
      clearInterval(timer)
      timer = undefined
      find('.play').textContent = '▶'
      find('.play').setAttribute('aria-label', 'Play the search')
    }

    function toggle(name) {
      const option = name === 'follow' ? follow : target
      option?.click()
    }

    /** Shows the heads of the cards only, or all of them again. */
    function fold() {
      const cards = [...section.querySelectorAll('.card > details')]
      const anyOpen = cards.some((card) => card.open)
      for (const card of cards) card.open = !anyOpen
    }

    state.playing = () => timer !== undefined
    return state
  }

  function motion() {
    return calm.matches ? 'instant' : 'smooth'
  }

  function openSearch(index, turn) {
    open?.stop()
    open = searches[index]
    for (const search of searches) search.section.classList.toggle('open', search === open)
    for (const [at, tab] of tabs.entries()) {
      if (at === index) tab.setAttribute('aria-current', 'true')
      else tab.removeAttribute('aria-current')
    }
    open.resize()
    if (turn !== undefined) open.show(turn)
  }

  function followHash() {
    const match = /^#s(\\d+)(?:-t(\\d+))?$/.exec(location.hash)
    const index = match ? Number(match[1]) - 1 : 0
    if (searches[index]) openSearch(index, match?.[2] === undefined ? undefined : Number(match[2]))
  }

  addEventListener('hashchange', followHash)
  // A link to the turn that is already in the address changes nothing there, and still has to work.
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a')
    if (link && link.getAttribute('href') === location.hash) followHash()
  })
  addEventListener('resize', () => open.resize())
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const own = event.target.closest(event.key === ' ' ? 'summary, input, button, .tree, pre, .thought' : 'input, button, .tree, pre, .thought')
    const keys = {
      ArrowRight: () => open.step(1), j: () => open.step(1),
      ArrowLeft: () => open.step(-1), k: () => open.step(-1),
      Home: () => open.step(-open.last), End: () => open.step(open.last),
      ' ': () => (open.playing() ? open.stop() : open.play()),
      f: () => open.toggle('follow'), t: () => open.toggle('target'), x: () => open.fold(),
    }
    const letter = event.key.length === 1 && event.key !== ' '
    if (!letter && own) return
    const act = keys[event.key]
    if (act) act()
    else if (/^[1-9]$/.test(event.key) && searches[event.key - 1]) location.hash = '#s' + event.key
    else return
    event.preventDefault()
  })
  if (open) followHash()
})()
`
