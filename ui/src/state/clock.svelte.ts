// The time for ages and running durations. It stands still while nobody looks.

let time = $state(Date.now())
setInterval(() => {
  if (!document.hidden) time = Date.now()
}, 1000)

export const clock = {
  get now() {
    return time
  },
}
