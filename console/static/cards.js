// Cards in an order that changes. Each changes by itself, and the server hears which are on screen, or nearly.
const NEARLY = "300px 0px";
const SETTLED_MS = 100;

const wordsOf = (card) => [".title", ".kind"].map((part) => card.querySelector(part).textContent).join(" ").toLowerCase();

export default {
  template: '<div><div class="finder"></div><div class="cards-of-places"></div></div>',
  props: { finder: String, cards: String, values: Object },
  mounted() {
    [this.finding, this.box] = this.$el.children;
    this.sought = this.zone = "";
    this.onScreen = new Set();
    this.watching = new IntersectionObserver(this.look, { rootMargin: NEARLY, scrollMargin: NEARLY });
    town.morph(this.finding, this.finder);
    town.morph(this.box, this.cards);
    this.take(null, {}, this.values);
    for (const card of this.box.children) this.watching.observe(card);
    this.finding.addEventListener("input", (event) => this.find(event.target.value, this.zone));
    this.finding.addEventListener("click", (event) => {
      const button = event.target.closest("[data-zone]");
      if (button) this.find(this.sought, button.dataset.zone);
    });
  },
  unmounted() {
    this.watching.disconnect();
  },
  methods: {
    // What the server tells: another order, cards that differ, values that differ.
    take(order, cards, values) {
      for (const [id, html] of Object.entries(cards)) {
        town.replace(this.card(id), html);
        this.filter(this.card(id));
      }
      for (const [id, html] of Object.entries(values)) town.morph(this.card(id).querySelector("[data-apart]"), html);
      let at = this.box.firstElementChild;
      for (const id of order || []) {
        const card = this.card(id);
        if (card === at) at = at.nextElementSibling;
        else this.box.insertBefore(card, at);
      }
    },
    card(id) {
      return this.box.querySelector(`[data-id="${CSS.escape(id)}"]`);
    },
    look(entries) {
      for (const { target, isIntersecting } of entries) this.onScreen[isIntersecting ? "add" : "delete"](target.dataset.id);
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.$emit("looked", [...this.onScreen]), SETTLED_MS);
    },
    find(text, zone) {
      [this.sought, this.zone] = [text.trim().toLowerCase(), zone];
      for (const card of this.box.children) this.filter(card);
      for (const button of this.finding.querySelectorAll("[data-zone]")) {
        button.classList.toggle("chosen", button.dataset.zone === zone);
        button.setAttribute("aria-pressed", button.dataset.zone === zone);
      }
      this.finding.querySelector(".empty").hidden = [...this.box.children].some((card) => !card.hidden);
    },
    filter(card) {
      card.hidden = !wordsOf(card).includes(this.sought) || (this.zone !== "" && card.dataset.zone !== this.zone);
    },
  },
};
