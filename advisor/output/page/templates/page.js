"use strict";
(function () {
  document.documentElement.classList.add("copies");
  var said = document.getElementById("said");

  function told(button, text) {
    button.textContent = text;
    said.textContent = text;
    setTimeout(function () { button.textContent = "Copy"; }, 2000);
  }

  function selected(element) {
    var range = document.createRange();
    range.selectNodeContents(element);
    var selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    try { return document.execCommand("copy"); } catch (error) { return false; }
  }

  document.querySelectorAll(".copy").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var code = button.parentNode.querySelector("code");
      function otherwise() { told(button, selected(code) ? "Copied" : "Press Ctrl+C"); }
      if (navigator.clipboard && window.isSecureContext) {
        navigator.clipboard.writeText(code.textContent).then(function () { told(button, "Copied"); }, otherwise);
      } else {
        otherwise();
      }
    });
  });

  function reveal() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) { return; }
    var panel = target.closest(".panel");
    var tab = panel && document.getElementById(panel.dataset.tab);
    if (tab) { tab.checked = true; }
    for (var one = target; one; one = one.parentElement) {
      if (one.tagName === "DETAILS") { one.open = true; }
    }
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  if (location.hash) { reveal(); }
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.print").forEach(function (one) { one.open = true; });
  });
})();
