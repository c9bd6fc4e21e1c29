// Measures the page in the frame `page`; `print` makes the rules for printing hold.
addEventListener("load", () => {
  const page = document.getElementById("page").contentDocument;
  const wrong = [];
  if (print) {
    for (const sheet of page.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (rule.media && rule.media.mediaText === "print") rule.media.mediaText = "all";
      }
    }
  }
  for (const details of page.querySelectorAll("details")) details.open = true;

  const part = (outer, inner) =>
    inner.x >= outer.x - 1 && inner.y >= outer.y - 1 &&
    inner.x + inner.width <= outer.x + outer.width + 1 && inner.y + inner.height <= outer.y + outer.height + 1;
  const cover = (one, two) =>
    one.x < two.x + two.width - 1 && two.x < one.x + one.width - 1 &&
    one.y < two.y + two.height - 3 && two.y < one.y + one.height - 3;

  let texts = 0;
  for (const svg of page.querySelectorAll(".picture svg")) {
    const frame = svg.viewBox.baseVal;
    for (const shape of svg.querySelectorAll("text, rect, circle, path")) {
      if (!part(frame, shape.getBBox())) wrong.push(`outside of the picture: ${shape.outerHTML}`);
    }
    const drawn = svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll("text:not(.sign)")];
    texts += labels.length;
    for (const label of labels) {
      if (!part(drawn, label.getBoundingClientRect())) wrong.push(`outside of the drawing: ${label.outerHTML}`);
    }
    const boxes = labels.map((label) => label.getBBox());
    for (let one = 0; one < boxes.length; one++) {
      for (let two = one + 1; two < boxes.length; two++) {
        if (cover(boxes[one], boxes[two])) wrong.push(`covered: ${labels[one].outerHTML} by ${labels[two].outerHTML}`);
      }
    }
    for (const node of svg.querySelectorAll("g.node")) {
      const box = node.querySelector("rect").getBBox();
      for (const text of node.querySelectorAll("text")) {
        if (!part(box, text.getBBox())) wrong.push(`outside of its box: ${text.outerHTML}`);
      }
    }
  }

  const root = page.documentElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page scrolls sideways: ${root.scrollWidth} of ${root.clientWidth}`);
  for (const element of page.querySelectorAll("body *")) {
    const scrolls = element.closest(".scroll, pre, .skip");
    if (!scrolls && element.getBoundingClientRect().right > root.clientWidth + 1) {
      wrong.push(`beyond the edge: ${element.outerHTML.slice(0, 160)}`);
    }
  }
  if (print) {
    for (const region of page.querySelectorAll(".scroll")) {
      if (region.scrollWidth > region.clientWidth + 1) wrong.push(`cut on paper: ${region.getAttribute("aria-label")}`);
    }
  }
  document.getElementById("result").textContent = [texts, ...wrong].join("\n");
});
