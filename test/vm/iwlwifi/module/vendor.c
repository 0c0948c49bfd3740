// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/* Intel's vendor commands and event, answered by what the program has told, or by asking it. */
#include <linux/module.h>
#include <linux/sched.h>
#include <net/netlink.h>
#include "nic.h"

/* What is published of Intel's vendor commands. Source: include/uapi/linux/nl80211-vnd-intel.h (numbers). */
#define OUI_INTEL 0x001735
#define CMD_GET_CSME_CONN_INFO 0x2d
#define CMD_HOST_GET_OWNERSHIP 0x30
#define EVENT_ROAMING_FORBIDDEN 0x32

#define ATTR_VIF_ADDR 0x02
#define ATTR_ADDR 0x0a
#define ATTR_SSID 0x3d
#define ATTR_STA_CIPHER 0x51
#define ATTR_ROAMING_FORBIDDEN 0x64
#define ATTR_AUTH_MODE 0x65
#define ATTR_CHANNEL_NUM 0x66
#define ATTR_BAND 0x69
#define ATTR_COLLOC_CHANNEL 0x70
#define ATTR_COLLOC_ADDR 0x71
#define ATTR_MAX ATTR_COLLOC_ADDR

/* How long HOST_GET_OWNERSHIP waits for the program, as iwlmei waits for the firmware. */
static unsigned int wait_ms = 500;
module_param(wait_ms, uint, 0644);
MODULE_PARM_DESC(wait_ms, "how long HOST_GET_OWNERSHIP waits for an answer (ms, at most 10000)");
#define WAIT_MS_MAX 10000

static u32 last_question;

/* As iwlwifi has it: data, where a request brings any, must be nested attributes. */
static const struct nla_policy attr_policy[ATTR_MAX + 1] = {
	[ATTR_SSID] = { .type = NLA_BINARY, .len = IEEE80211_MAX_SSID_LEN },
	[ATTR_ROAMING_FORBIDDEN] = { .type = NLA_U8 },
	[ATTR_AUTH_MODE] = { .type = NLA_U32 },
	[ATTR_CHANNEL_NUM] = { .type = NLA_U8 },
	[ATTR_BAND] = { .type = NLA_U8 },
	[ATTR_COLLOC_CHANNEL] = { .type = NLA_U8 },
	[ATTR_COLLOC_ADDR] = { .type = NLA_BINARY, .len = ETH_ALEN },
};

static int get_csme_conn_info(struct wiphy *wiphy, struct wireless_dev *wdev, const void *data, int len)
{
	struct conn_info conn;
	struct sk_buff *reply;
	struct nic *nic;
	bool connected;

	mutex_lock(&nics_lock);
	nic = nic_of_wiphy(wiphy);
	connected = nic && nic->connected;
	if (connected)
		conn = nic->conn;
	mutex_unlock(&nics_lock);
	if (!connected)
		return -EINVAL;

	reply = cfg80211_vendor_cmd_alloc_reply_skb(wiphy, 100);
	if (!reply)
		return -ENOMEM;
	if (nla_put_u32(reply, ATTR_AUTH_MODE, conn.auth_mode) ||
	    nla_put(reply, ATTR_SSID, conn.ssid_len, conn.ssid) ||
	    nla_put_u32(reply, ATTR_STA_CIPHER, conn.cipher) ||
	    nla_put_u8(reply, ATTR_CHANNEL_NUM, conn.channel) ||
	    nla_put(reply, ATTR_ADDR, ETH_ALEN, conn.bssid)) {
		kfree_skb(reply);
		return -ENOBUFS;
	}
	return cfg80211_vendor_cmd_reply(reply);
}

static int host_get_ownership(struct wiphy *wiphy, struct wireless_dev *wdev, const void *data, int len)
{
	struct nic *nic;
	int result = -ETIMEDOUT;

	mutex_lock(&nics_lock);
	nic = nic_of_wiphy(wiphy);
	if (nic) {
		nic->question = ++last_question;
		nic->asked = true;
		nic->read = false;
		nic->answered = false;
		wake_up_interruptible(&nic->file->readable);
	}
	mutex_unlock(&nics_lock);
	/* It was detached before this command had the mutex. */
	if (!nic)
		return -EOPNOTSUPP;

	wait_event_timeout(nic->answers, READ_ONCE(nic->answered),
			   msecs_to_jiffies(min(wait_ms, (unsigned int)WAIT_MS_MAX)));

	mutex_lock(&nics_lock);
	if (nic->answered)
		result = -nic->answer;
	nic->asked = false;
	mutex_unlock(&nics_lock);
	return result;
}

const struct wiphy_vendor_command intel_commands[] = {
	{
		.info = { .vendor_id = OUI_INTEL, .subcmd = CMD_GET_CSME_CONN_INFO },
		.flags = WIPHY_VENDOR_CMD_NEED_WDEV,
		.doit = get_csme_conn_info,
		.policy = attr_policy,
		.maxattr = ATTR_MAX,
	},
	{
		.info = { .vendor_id = OUI_INTEL, .subcmd = CMD_HOST_GET_OWNERSHIP },
		.flags = WIPHY_VENDOR_CMD_NEED_WDEV,
		.doit = host_get_ownership,
		.policy = attr_policy,
		.maxattr = ATTR_MAX,
	},
};

const struct nl80211_vendor_cmd_info intel_events[] = {
	{ .vendor_id = OUI_INTEL, .subcmd = EVENT_ROAMING_FORBIDDEN },
};

int nic_send_roaming_forbidden(struct nic *nic, u8 forbidden)
{
	struct sk_buff *event;

	event = cfg80211_vendor_event_alloc(nic->wiphy, nic->netdev->ieee80211_ptr, 100, nic->n_own_events, GFP_KERNEL);
	if (!event)
		return -ENOMEM;
	if (nla_put(event, ATTR_VIF_ADDR, ETH_ALEN, nic->netdev->dev_addr) ||
	    nla_put_u8(event, ATTR_ROAMING_FORBIDDEN, forbidden)) {
		kfree_skb(event);
		return -ENOBUFS;
	}
	cfg80211_vendor_event(event, GFP_KERNEL);
	return 0;
}
