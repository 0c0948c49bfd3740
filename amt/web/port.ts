/** AMT's port for HTTP without TLS, for its pages and for WS-Management. */
export const AMT_HTTP = 16992;
