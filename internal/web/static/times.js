// Turns times into the viewer's zone and keeps countdowns true to the server's clock.
import { say, lang } from './lib.js'

const root = document.documentElement
const loaded = Date.now()
export const now = () => Number(root.dataset.now) + (Date.now() - loaded) * Number(root.dataset.speed)

function span(ms) {
  const minutes = Math.floor(ms / 60000), d = Math.floor(minutes / 1440), h = Math.floor(minutes / 60) % 24, m = minutes % 60
  if (d > 0) return say('unit.days', { d, h })
  if (h > 0) return say('unit.hours', { h, m })
  return m > 0 ? say('unit.minutes', { m }) : say('unit.soon')
}

function write(el) {
  const at = new Date(el.dateTime)
  if (Number.isNaN(at.getTime())) return
  const tag = lang() === 'en' ? 'en-GB' : 'zh-CN'
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  let text
  if (el.dataset.form === 'left') text = span(at - now())
  else if (el.dataset.form === 'second') text = at.toLocaleTimeString(tag, { ...clock, second: '2-digit' })
  else text = at.toLocaleDateString(tag, { day: 'numeric', month: 'short', year: at.getFullYear() === new Date(now()).getFullYear() ? undefined : 'numeric' }) + (lang() === 'en' ? ', ' : ' ') + at.toLocaleTimeString(tag, clock)
  if (el.textContent !== text) el.textContent = text
}

export function times(scope = document) { scope.querySelectorAll('time[data-form]').forEach(write) }

setInterval(() => document.querySelectorAll('time[data-form=left]').forEach(write), 10000)
