// Security keys: what the page asks is signed by the key, and goes with the form in place of the one-time code.
"use strict";
document.querySelectorAll("button[data-key], button[data-key-make]").forEach((button) => {
  if (!button.hidden || !window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) return; // it listens already, or cannot
  const form = button.form, said = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    // What else the form wants is asked for first: the key is touched once everything is there.
    const code = form.elements.code, wanted = code && code.required;
    if (code) code.required = false;
    if (!form.reportValidity()) return code && (code.required = wanted);
    said.hidden = true;
    button.disabled = true;
    try {
      const { keyMake, key } = button.dataset;
      const answer = keyMake
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(keyMake)) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(key)) });
      form.elements.key.value = JSON.stringify(answer);
      form.requestSubmit(form.querySelector("button.main"));
    } catch (error) {
      said.hidden = false;
      said.textContent = error.name === "InvalidStateError" ? "这把安全密钥已经登记。" : "没有用上安全密钥：没有插好、没有触碰，或不是本系统登记的；请再试一次，或改用动态口令。";
      if (code) code.required = wanted;
    }
    button.disabled = false;
  });
});
