<%namespace name="parts" file="parts.mako"/>
<%namespace name="sections" file="sections.mako"/>
<%namespace name="proposals" file="proposals.mako"/>

<%def name="loops(view)">
<h2>Loops: one query for each row of another</h2>
<p class="lead">Each drawing is one unit of work as the medians of the capture have it: grey the statement that was iterated over, red every round of the loop, to scale.</p>
% for number, one in enumerate(view.loops[:view.whole]):
<% drawing = view.timelines[one.id] %>
<article class="card" id="${anchor(view.prefix + 'f', one.id)}">
${title(one)}
${parts.timeline(drawing, one.evidence.get("child_table") or "the same query", one.evidence.get("parent_table") or "")}
% if drawing.first:
<p class="small soft">Values, masked: the first round had ${drawing.first}, the last ${drawing.last}.</p>
% endif
<h4>Fix</h4>
${fix(one)}
${details(view, one)}
</article>
% endfor
${rest(view, view.loops[view.whole:])}
</%def>

<%def name="by_rule(view)">
<h2>Findings, by rule</h2>
% for group in view.rules:
<div class="card" id="${anchor(view.prefix + 'rule', group.code)}">
<div class="head"><h3>${group.code} ${group.name}</h3><div class="tags"><span class="tag ${group.level}">${group.level}</span><span class="tag kind">${len(group.findings)}</span></div></div>
<p>${group.page.summary}</p>
${page(group)}
% for one in group.findings[:view.each]:
<div class="finding" id="${anchor(view.prefix + 'f', one.id)}">
${title(one)}
${fix(one)}
${details(view, one)}
</div>
% endfor
${rest(view, group.findings[view.each:])}
</div>
% endfor
</%def>

<%def name="title(one)">
<div class="head"><h3>${one.title}</h3><div class="tags"><span class="tag ${one.level}">${one.level}</span><span class="tag ${one.confidence}">confidence ${one.confidence}</span></div></div>
</%def>

<%def name="fix(one)">
% if one.fix:
${parts.code(one.fix, "the fix")}
% endif
% if one.cost:
<p class="small"><span class="soft">cost of the fix:</span> ${one.cost}</p>
% endif
% if one.statistics:
${parts.code(one.statistics.ddl, "the statement")}
% if one.statistics.revision:
${proposals.revision(one.statistics.revision)}
% endif
% endif
</%def>

<%def name="details(view, one)">
% if one.proposal:
<p class="small">Its proposal: ${sections.proposal(view, one.proposal, one.proposal)}</p>
% endif
<details class="print"><summary>Evidence</summary>
% if one.query:
<p class="small">Query ${sections.link(view, one.query)}</p>
% if one.query in view.queries:
${parts.code(laid_out(view.queries[one.query].text), "the query")}
% endif
% endif
${parts.facts(words(one.evidence))}
</details>
% if one.silence:
<details><summary>Not a problem here? Silence it</summary><p class="small">In <code>[tool.advisor]</code> of pyproject.toml, or in advisor.toml:</p>${parts.code(one.silence, "the line")}</details>
% endif
</%def>

<%def name="page(group)">
% if group.page.blocks:
<details><summary>About this rule</summary>
% for block in group.page.blocks:
% if block.kind == "heading":
<h4>${block.text}</h4>
% elif block.kind == "code":
${parts.code(block.text, "the example")}
% else:
<p>${block.text}</p>
% endif
% endfor
</details>
% endif
</%def>

<%def name="rest(view, findings)">
% if findings:
<details><summary>${len(findings)} more</summary><ul class="plain">
% for one in findings:
<li id="${anchor(view.prefix + 'f', one.id)}">${one.title}\
% if one.query:
 (${sections.link(view, one.query)})\
% endif
</li>
% endfor
</ul></details>
% endif
</%def>
