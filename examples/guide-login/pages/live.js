// An open page whose login has ended is loaded anew: that leads to the login page.
const events = new EventSource("/live")
events.addEventListener("ended", () => location.reload())
events.onerror = () => { // the stream was refused: the login has ended before, or nobody can look now
  if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000)
}
