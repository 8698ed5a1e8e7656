/* Players without a kernel, scrolling regions for the keyboard, open answers in print. */
(() => {
  const play = (box) => {
    const data = JSON.parse(box.querySelector("script").textContent);
    const figure = box.querySelector("figure"), image = figure.querySelector("img");
    const still = image.getAttribute("src"), size = [image.width, image.height];
    const name = (i) => `${data.folder}/${String(i).padStart(2, "0")}.webp`;
    const last = data.sentences.length - 1;
    const controls = document.createElement("div");
    controls.className = "controls";
    controls.setAttribute("role", "group");
    controls.setAttribute("aria-label", "player");
    controls.innerHTML = `<button type="button">Play</button>
      <button type="button" aria-label="previous step">‹</button>
      <button type="button" aria-label="next step">›</button>
      <input type="range" min="0" max="${last}" value="0" aria-label="step"><output></output>
      <button type="button">All</button>`;
    const [start, back, on, all] = controls.querySelectorAll("button");
    const scrub = controls.querySelector("input"), count = controls.querySelector("output");
    const sentence = document.createElement("p");
    sentence.className = "sentence";
    sentence.setAttribute("aria-live", "polite");
    let timer = null, frames = null;
    const stop = () => { clearInterval(timer); timer = null; start.textContent = "Play"; };
    const show = (i) => {
      frames ??= data.sentences.map((_, k) => Object.assign(new Image(), { src: name(k) }));
      scrub.value = i;
      image.src = frames[i].src;
      image.width = data.width; image.height = data.height;
      count.textContent = `${data.steps[i]} of ${data.total}`;
      sentence.textContent = data.sentences[i];
    };
    const go = (i) => { stop(); show(Math.min(Math.max(i, 0), last)); };
    start.onclick = () => {
      if (timer) return stop();
      let i = +scrub.value === last ? 0 : +scrub.value;
      show(i);
      start.textContent = "Pause";
      timer = setInterval(() => { i += 1; show(i); if (i === last) stop(); }, data.interval);
    };
    back.onclick = () => go(+scrub.value - 1);
    on.onclick = () => go(+scrub.value + (frames ? 1 : 0));
    scrub.oninput = () => go(+scrub.value);
    all.onclick = () => {
      stop(); image.src = still; [image.width, image.height] = size;
      sentence.textContent = ""; count.textContent = ""; scrub.value = 0; frames = null;
    };
    addEventListener("beforeprint", () => all.onclick());
    figure.insertBefore(controls, figure.querySelector("figcaption"));
    controls.after(sentence);
    box.dataset.ready = "true";
  };
  document.querySelectorAll(".course-player").forEach(play);

  /* What is wider than the page scrolls inside it, and Tab must reach it. */
  const reach = () => {
    document.querySelectorAll(".bd-article span.math").forEach((formula) => {
      const room = formula.parentElement.closest("p, li, td, th, dd, summary, div");
      const wide = room && formula.firstElementChild?.getBoundingClientRect().width > room.clientWidth;
      formula.classList.toggle("wide", Boolean(wide));
    });
    document.querySelectorAll(
      ".bd-article pre, .bd-article .math, .pst-scrollable-table-container, .output_area"
    ).forEach((box) => {
      if (box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible")
        box.tabIndex = 0;
      else if (box.tabIndex === 0) box.removeAttribute("tabindex");
    });
  };
  addEventListener("load", () => { reach(); window.MathJax?.startup?.promise?.then(reach); });
  addEventListener("resize", reach);

  /* The theme's own controls, named for those who hear them. */
  document.querySelectorAll(".toctree-toggle").forEach((toggle) =>
    toggle.closest("summary").setAttribute("aria-label", "pages of this part"));
  document.querySelectorAll(".search-button-field, details.hide > summary").forEach((control) =>
    control.removeAttribute("aria-label"));

  addEventListener("beforeprint", () =>
    document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
})();
