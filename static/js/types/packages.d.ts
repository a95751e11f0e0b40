// The parts that are used of packages without types.

declare module "@highlightjs/cdn-assets/es/highlight.min.js" {
  const hljs: {
    getLanguage(name: string): object | undefined;
    highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
  };
  export default hljs;
}
