<%namespace name="sections" file="sections.mako"/>\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>pgadvisor: ${" and ".join(view.label for view in views[:3])}</title>
<link rel="icon" href="data:,">
<style>${style | n}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
% if len(views) > 1:
<fieldset class="tabs">
<legend class="sr">Show the report of</legend>
% for number, view in enumerate(views, 1):
<span><input type="radio" name="tab" id="tab${number}" ${"checked" if number == 1 else ""}><label for="tab${number}">${view.label}</label></span>
% endfor
</fieldset>
% endif
<main id="main">
% for number, view in enumerate(views, 1):
<div class="panel" id="panel${number}" data-tab="tab${number}">
${sections.report(view)}
</div>
% endfor
</main>
<footer><p>Made by pgadvisor from its JSON report. This file loads nothing and sends nothing. Costs are the planner's units; times after a change are estimates unless they are called measured.</p></footer>
<div class="sr" id="said" role="status" aria-live="polite"></div>
<script>${script | n}</script>
</body>
</html>
