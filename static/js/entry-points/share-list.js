/** The owner's list of shares. */
import "../pages/theme.js";
import "../pages/local-time.js";
import "../pages/bulk.js";
