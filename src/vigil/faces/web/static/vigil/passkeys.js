// A passkey that does not answer, or a person who breaks off, is said on the page and not in the console alone.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const note = document.getElementById("passkey-fault");
  if (note) note.hidden = false;
});
