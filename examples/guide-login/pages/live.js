// An open page whose login has ended is loaded anew: that leads to the login page.
const events = new EventSource("/live")
events.addEventListener("ended", () => location.reload())
events.onerror = () => {
  if (events.readyState === EventSource.CLOSED) location.reload() // it has ended before
}
