// One chart: the server sends points, limits and the times of alerts; colours come from the page's theme.
import { echarts } from "nicegui-echart";

const TRACES = ["--trace-1", "--trace-2", "--trace-3"];
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function timeText(at, span) {
  const zone = { timeZone: town.text("zone"), hourCycle: "h23" };
  const parts = span > 2.5 * 86400000
    ? { month: "2-digit", day: "2-digit" }
    : { hour: "2-digit", minute: "2-digit", ...(span <= 900000 ? { second: "2-digit" } : {}) };
  return new Intl.DateTimeFormat("sv-SE", { ...zone, ...parts }).format(at);
}

function ticks(start, end) {
  const wanted = (end - start) / 5;
  const steps = [60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3, 7200e3, 10800e3, 14400e3, 21600e3, 86400e3, 172800e3, 432e6];
  return steps.find((step) => step >= wanted) || steps.at(-1);
}

function lineOf(series, index) {
  const before = series.role === "before";
  return {
    type: "line",
    name: series.name,
    data: series.points,
    showSymbol: series.points.length === 1,
    symbolSize: 5,
    step: series.step ? "end" : false,
    connectNulls: false,
    z: before ? 1 : 3,
    lineStyle: { width: before ? 1 : 1.75, color: before ? token("--before") : token(TRACES[Math.max(0, index) % 3]) },
    itemStyle: { color: before ? token("--before") : token(TRACES[Math.max(0, index) % 3]) },
    emphasis: { disabled: true },
  };
}

function inOrder(lines) {
  const before = lines.filter((line) => line.role === "before");
  return [...before, ...lines.filter((line) => line.role !== "before")].map((line, index) => lineOf(line, index - before.length));
}

function floor(range, figure) {
  const limit = Math.min(range.min, ...figure.limits.map((each) => each.value));
  const wanted = limit < range.min ? limit - 0.05 * (range.max - limit) : null;
  const low = spread(range, figure);
  return wanted === null ? low : Math.min(low ?? wanted, wanted);
}

function spread(range, figure) {
  const spare = figure.least - (range.max - range.min);
  if (!(spare > 0)) return null;
  const step = figure.least / 4;
  const low = Math.floor((range.min - spare / 2) / step) * step;
  return range.min >= 0 ? Math.max(0, low) : low;
}

function roof(range, figure) {
  const limit = Math.max(0, ...figure.limits.map((each) => each.value));
  const step = 10 ** Math.floor(Math.log10(limit)) / 2;
  const wanted = limit && range.max < limit * 1.05 ? Math.ceil((limit * 1.05) / step) * step : null;
  const low = spread(range, figure);
  return low === null ? wanted : Math.max(wanted ?? 0, low + figure.least * 1.25);
}

function marksOf(figure) {
  return {
    type: "line",
    data: [],
    silent: true,
    markLine: {
      symbol: "none",
      data: figure.limits.map((limit, index) => ({
        yAxis: limit.value, name: limit.label, label: { position: index % 2 ? "insideEndTop" : "insideStartTop" },
      })),
      lineStyle: { color: token("--muted"), type: [5, 5], width: 1 },
      label: { color: token("--muted"), fontSize: 12, formatter: (line) => line.name },
    },
    markArea: {
      data: figure.washes.map((wash) => [
        { xAxis: wash.start, itemStyle: { color: token(`--${wash.severity}`), opacity: 0.12 } },
        { xAxis: wash.end },
      ]),
    },
  };
}

function startsOf(figure) {
  return {
    type: "line",
    data: [],
    silent: true,
    markLine: {
      symbol: "none",
      data: figure.washes.filter((wash) => wash.start > figure.start).map((wash) => ({
        xAxis: wash.start, name: wash.label || "",
        lineStyle: { color: token(`--${wash.severity}`), type: "solid", width: 1.5 },
        label: { color: token(`--${wash.severity}`), formatter: wash.label || "", position: "end", distance: 4,
          align: (wash.start - figure.start) / (figure.end - figure.start) > 0.85 ? "right" : "center" },
      })),
    },
  };
}

function options(figure) {
  const span = figure.end - figure.start;
  const axis = { axisLine: { show: false }, axisTick: { show: false } };
  const label = { color: token("--muted"), fontSize: 12, fontFamily: getComputedStyle(document.body).fontFamily };
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 48, right: 16, top: figure.washes.some((wash) => wash.label) ? 28 : 14, bottom: 26 },
    xAxis: {
      type: "time", min: figure.start, max: figure.end, minInterval: ticks(figure.start, figure.end),
      maxInterval: ticks(figure.start, figure.end), splitLine: { show: false }, ...axis,
      axisLabel: { ...label, hideOverlap: true, formatter: (at) => timeText(at, span) },
    },
    yAxis: {
      type: "value", scale: !figure.states, splitNumber: 3, ...axis,
      ...(figure.states ? { min: 0, max: 1, interval: 1 } : {}),
      ...(figure.states ? {} : { min: (range) => floor(range, figure), max: (range) => roof(range, figure) }),
      splitLine: { lineStyle: { color: token("--line"), width: 1, opacity: 0.6 } },
      axisLabel: { ...label, formatter: (value) => (figure.states ? figure.states[value] || "" : number.format(value)) },
    },
    tooltip: {
      trigger: "axis", backgroundColor: token("--raised"), borderColor: token("--line-strong"), confine: true,
      textStyle: { color: token("--text"), fontSize: 13 }, axisPointer: { lineStyle: { color: token("--line-strong") } },
      formatter: (items) => {
        const box = document.createElement("div");
        for (const [index, item] of items.entries()) {
          if (!index) box.append(town.clock(item.value[0]));
          const row = document.createElement("div");
          const value = figure.states ? figure.states[Math.round(item.value[1])] : number.format(item.value[1]);
          row.textContent = `${item.seriesName}  ${value} ${figure.unit}`;
          row.style.color = item.color;
          box.append(row);
        }
        return box;
      },
    },
    series: [...inOrder(figure.series), marksOf(figure), startsOf(figure)],
  };
}

export default {
  template: '<div class="chart"></div>',
  props: { figure: Object, group: String },
  mounted() {
    this.draw();
    this.sized = new ResizeObserver(() => this.chart?.resize());
    this.sized.observe(this.$el);
  },
  updated() {
    this.draw();
  },
  unmounted() {
    this.sized.disconnect();
    this.chart?.dispose();
  },
  methods: {
    draw() {
      if (!this.figure) return;
      this.$el.classList.add("drawn");
      if (!this.chart) {
        this.chart = echarts.init(this.$el);
        if (this.group) {
          this.chart.group = this.group;
          echarts.connect(this.group);
        }
      }
      this.chart.setOption(options(this.figure), { notMerge: true });
    },
  },
};
