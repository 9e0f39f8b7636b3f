/** This package's version; a test keeps it equal to package.json. */
export const VERSION = '0.1.0';

/** How requests introduce themselves in the API server's audit log. */
export const USER_AGENT = `k8s-leader-election/${VERSION} (node ${process.version})`;
