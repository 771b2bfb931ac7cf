// A part of the page whose HTML the server renders once for everybody who looks at it.
export default {
  template: "<div></div>",
  props: { html: String },
  mounted() {
    this.fill();
    this.$el.addEventListener("click", (event) => {
      const source = event.target.closest("[data-do]");
      if (!source || source.nodeName === "FORM" || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (source.dataset.url) history.replaceState(null, "", source.dataset.url);
      this.$emit("do", { act: source.dataset.do, argument: source.dataset.argument || "" });
    });
    this.$el.addEventListener("submit", (event) => {
      const form = event.target;
      if (!form.dataset.do) return;
      event.preventDefault();
      const fields = Object.fromEntries(new FormData(form, event.submitter));
      this.$emit("do", { act: form.dataset.do, argument: form.dataset.argument || "", fields });
      form.reset();
      form.closest("dialog")?.close();
    });
    this.$el.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit();
    });
  },
  updated() {
    this.fill();
  },
  methods: {
    fill() {
      if (this.html === this.filled) return;
      this.filled = this.html;
      town.morph(this.$el, this.html || "");
    },
  },
};
