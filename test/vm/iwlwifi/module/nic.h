/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * For tests: gives simulated radios what iwlwifi with iwlmei gives a real one, and leaves the decisions to a program.
 *
 * The radio of an interface gets Intel's vendor commands GET_CSME_CONN_INFO and HOST_GET_OWNERSHIP and the event
 * ROAMING_FORBIDDEN beside the vendor commands and events of its own driver, and its rfkill switch is blocked by reasons.
 * The program reads and writes records (struct nic_record, one per call) through /dev/sapwood-nic. What it attached is
 * put back when it detaches or its descriptor is closed, so also when it is killed.
 *
 * Locks are taken in this order: RTNL, the wiphy's mutex, nics_lock. Vendor commands run with the wiphy's mutex held, so a
 * nic that is looked up in one stays there to its end: attaching and detaching take that mutex.
 */
#ifndef SAPWOOD_NIC_H
#define SAPWOOD_NIC_H

#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <net/cfg80211.h>

struct conn_info {
	__u32 auth_mode;
	__u32 cipher;
	__u8 channel;
	__u8 ssid_len;
	__u8 bssid[ETH_ALEN];
	__u8 ssid[IEEE80211_MAX_SSID_LEN];
};

struct nic_file {
	struct list_head nics;
	wait_queue_head_t readable;
};

struct nic {
	struct list_head all;
	struct list_head of_file;
	struct nic_file *file;
	u32 number;

	/* A reference is held on its device. */
	struct wiphy *wiphy;
	/* NULL when the interface has gone; the wiphy may have gone with it. */
	struct net_device *netdev;

	/* What the wiphy had of its own, and what it has now. */
	const struct wiphy_vendor_command *own_commands;
	const struct nl80211_vendor_cmd_info *own_events;
	int n_own_commands;
	int n_own_events;
	struct wiphy_vendor_command *commands;
	struct nl80211_vendor_cmd_info *events;

	unsigned long reasons;
	bool connected;
	struct conn_info conn;

	u32 question;
	bool asked;
	bool read;
	bool answered;
	int answer;
	wait_queue_head_t answers;
};

extern struct mutex nics_lock;

/* attach.c; with nics_lock held */
struct nic *nic_of_wiphy(struct wiphy *wiphy);
struct nic *nic_of_file(struct nic_file *file, u32 number);
void nic_set_reasons(struct nic *nic, unsigned long reasons);

/* attach.c; without locks */
int nic_attach(struct nic_file *file, u32 number, int ifindex);
int nic_detach(struct nic_file *file, u32 number);
void nic_detach_all(struct nic_file *file);
int nic_watch_interfaces(void);
void nic_unwatch_interfaces(void);

/* vendor.c */
extern const struct wiphy_vendor_command intel_commands[2];
extern const struct nl80211_vendor_cmd_info intel_events[1];
/* With nics_lock held, and an interface that is there. */
int nic_send_roaming_forbidden(struct nic *nic, u8 forbidden);

#endif
