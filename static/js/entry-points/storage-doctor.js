/** The storage doctor in the administration. */
import "../pages/storage-probe.js";
