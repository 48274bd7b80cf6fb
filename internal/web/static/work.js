// The result page: compare with the photo that this browser still has in memory.
import { kept } from './lib.js'

export function work() {
  const result = document.querySelector('.result')
  const own = kept.get(result?.dataset.task)
  const box = document.getElementById('cmp'), range = document.getElementById('rng')
  if (!own?.url || !box) return
  const before = box.querySelector('.before')
  before.src = own.url
  before.hidden = false
  box.classList.add('on')
  box.querySelectorAll('.lab').forEach((label) => { label.hidden = false })
  document.getElementById('compare').hidden = false
  const note = document.getElementById('no-before')
  if (note) note.hidden = true
  const set = (value) => { range.value = value; box.style.setProperty('--x', `${value}%`) }
  range.addEventListener('input', () => set(range.value))
  document.querySelectorAll('[data-show]').forEach((button) => button.addEventListener('click', () => set(button.dataset.show)))
  box.addEventListener('pointerdown', (event) => {
    const move = (e) => {
      const area = box.getBoundingClientRect()
      set(Math.round(Math.min(100, Math.max(0, (100 * (e.clientX - area.left)) / area.width))))
    }
    move(event)
    box.addEventListener('pointermove', move)
    addEventListener('pointerup', () => box.removeEventListener('pointermove', move), { once: true })
  })
  set(50)
}
