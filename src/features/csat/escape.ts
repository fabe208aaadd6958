export { escapeHtml } from '../../platform/http/escape-html.ts';
