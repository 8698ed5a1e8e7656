/* Fits every slide to the stage, then hands over to reveal.js. No network, no storage. */
(() => {
  const WIDTH = 1600, HEIGHT = 900;
  const sections = [...document.querySelectorAll(".slides section section")];
  const fits = (slide) => slide.scrollHeight <= HEIGHT && slide.scrollWidth <= WIDTH
    && [...slide.querySelectorAll(".highlight pre")].every((p) => p.scrollWidth <= p.clientWidth + 1);

  /* The largest value in [low, high] for which the slide fits, to within a hundredth. */
  const largest = (slide, name, low, high) => {
    const set = (value) => slide.style.setProperty(name, value);
    set(high);
    if (fits(slide)) return high;
    let lo = low, hi = high;
    while (hi - lo > 0.01) {
      const middle = (lo + hi) / 2;
      set(middle);
      if (fits(slide)) lo = middle; else hi = middle;
    }
    set(lo);
    return lo;
  };

  /* A formula wider than the slide shrinks alone, so that the words around it keep their size. */
  const narrow = (slide) => {
    for (const formula of slide.querySelectorAll('mjx-container[display="true"]')) {
      formula.style.removeProperty("font-size");
      const ratio = formula.clientWidth / formula.scrollWidth;
      if (ratio < 1) formula.style.fontSize = `${0.98 * ratio}em`;
    }
  };

  const fit = (slide) => {
    for (const image of slide.querySelectorAll("figure img"))
      image.style.setProperty("--width", image.getAttribute("width"));
    slide.style.setProperty("--figure", 0.9);
    const most = slide.querySelector(".highlight") ? 1.35 : 1;
    slide.style.setProperty("--text", most);
    narrow(slide);
    largest(slide, "--text", 0.72, most);
    if (slide.querySelector("figure img")) largest(slide, "--figure", 0.5, 2.2);
    if (fits(slide)) return;
    slide.classList.add("scrolls");
    slide.tabIndex = 0;
  };

  /* Up and down scroll a slide that is higher than the stage, or walk as right and left do. */
  const scroll = (by) => {
    const slide = Reveal.getCurrentSlide();
    const before = slide.scrollTop;
    slide.scrollBy({ top: by, behavior: "instant" });
    if (slide.scrollTop === before) by > 0 ? Reveal.next() : Reveal.prev();
  };
  /* A opens the first answer that is closed; when all are open it closes them. */
  const answer = () => {
    const folds = [...Reveal.getCurrentSlide().querySelectorAll("details")];
    const closed = folds.find((fold) => !fold.open);
    if (closed) closed.open = true;
    else folds.forEach((fold) => (fold.open = false));
    refit();
  };
  const refit = () => {
    const slide = Reveal.getCurrentSlide();
    slide.classList.remove("scrolls");
    slide.style.removeProperty("--text");
    fit(slide);
    slide.querySelector("details[open]:last-of-type")?.scrollIntoView({ block: "nearest" });
  };

  const start = async () => {
    sections.forEach(fit);
    document.body.classList.remove("measuring");
    await Reveal.initialize({
      width: WIDTH, height: HEIGHT, margin: 0.02, center: false, hash: true,
      history: false, transition: "none", backgroundTransition: "none",
      navigationMode: "linear", slideNumber: "c/t", showSlideNumber: "all",
      controls: false, progress: true, plugins: window.RevealNotes ? [RevealNotes] : [],
      keyboard: { 38: () => scroll(-300), 40: () => scroll(300), 65: answer },
    });
    document.addEventListener("toggle", (event) => {
      if (event.target.matches("details")) refit();
    }, true);
    document.body.dataset.ready = "true";
  };
  MathJax.startup.promise.then(start);
})();
