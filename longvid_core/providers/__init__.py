"""One file per vendor, all behind the two protocols in `base`. Found by their catalog file; see `longvid_core.catalog`."""
