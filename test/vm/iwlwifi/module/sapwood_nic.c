// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
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
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/rfkill.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <net/cfg80211.h>
#include <net/netlink.h>

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

#define REASONS (RFKILL_HARD_BLOCK_SIGNAL | RFKILL_HARD_BLOCK_NOT_OWNER)

/* Of one program. */
#define NICS_MAX 16

/* How long HOST_GET_OWNERSHIP waits for the program, as iwlmei waits for the firmware. */
static unsigned int wait_ms = 500;
module_param(wait_ms, uint, 0644);
MODULE_PARM_DESC(wait_ms, "how long HOST_GET_OWNERSHIP waits for an answer (ms, at most 10000)");
#define WAIT_MS_MAX 10000

struct conn_info {
	__u32 auth_mode;
	__u32 cipher;
	__u8 channel;
	__u8 ssid_len;
	__u8 bssid[ETH_ALEN];
	__u8 ssid[IEEE80211_MAX_SSID_LEN];
};

/* Both directions; what a kind does not need is ignored. */
struct nic_record {
	__u32 kind;
	/* A number of the program's choice, for one interface. */
	__u32 nic;
	__u32 question;
	__s32 value;
	struct conn_info conn;
};

enum {
	/* From the program. value: index of the interface in its network namespace */
	NIC_ATTACH = 1,
	NIC_DETACH = 2,
	/* value: the reasons of the hard block, RFKILL_HARD_BLOCK_…; 0: none */
	NIC_BLOCK = 3,
	/* conn: what GET_CSME_CONN_INFO answers from now on */
	NIC_CONN_INFO = 4,
	NIC_FORGET_CONN_INFO = 5,
	/* question, value: the errno that HOST_GET_OWNERSHIP gives, 0: none */
	NIC_ANSWER = 6,
	/* value: 0 or 1 */
	NIC_ROAMING = 7,

	/* To the program. question: a HOST_GET_OWNERSHIP that waits for its answer */
	NIC_OWNERSHIP = 0x100,
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

static LIST_HEAD(nics);
static DEFINE_MUTEX(nics_lock);
static u32 last_question;

static struct nic *nic_of_wiphy(struct wiphy *wiphy)
{
	struct nic *nic;

	lockdep_assert_held(&nics_lock);
	list_for_each_entry(nic, &nics, all)
		if (nic->wiphy == wiphy)
			return nic;
	return NULL;
}

static struct nic *nic_of_file(struct nic_file *file, u32 number)
{
	struct nic *nic;

	lockdep_assert_held(&nics_lock);
	list_for_each_entry(nic, &file->nics, of_file)
		if (nic->number == number)
			return nic;
	return NULL;
}

/* ---- vendor commands ---- */

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

static const struct wiphy_vendor_command intel_commands[] = {
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

static const struct nl80211_vendor_cmd_info intel_events[] = {
	{ .vendor_id = OUI_INTEL, .subcmd = EVENT_ROAMING_FORBIDDEN },
};

static int send_roaming_forbidden(struct nic *nic, u8 forbidden)
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

/* ---- attaching ---- */

static void nic_free(struct nic *nic)
{
	kfree(nic->commands);
	kfree(nic->events);
	kfree(nic);
}

/* Its number and wiphy are set; what the wiphy gets is made. */
static struct nic *nic_new(struct nic_file *file, u32 number, struct wiphy *wiphy)
{
	struct nic *nic = kzalloc(sizeof(*nic), GFP_KERNEL);

	if (!nic)
		return NULL;
	nic->file = file;
	nic->number = number;
	nic->wiphy = wiphy;
	init_waitqueue_head(&nic->answers);
	nic->own_commands = wiphy->vendor_commands;
	nic->n_own_commands = wiphy->n_vendor_commands;
	nic->own_events = wiphy->vendor_events;
	nic->n_own_events = wiphy->n_vendor_events;
	nic->commands = kcalloc(nic->n_own_commands + ARRAY_SIZE(intel_commands), sizeof(*nic->commands), GFP_KERNEL);
	nic->events = kcalloc(nic->n_own_events + ARRAY_SIZE(intel_events), sizeof(*nic->events), GFP_KERNEL);
	if (!nic->commands || !nic->events) {
		nic_free(nic);
		return NULL;
	}
	memcpy(nic->commands, nic->own_commands, nic->n_own_commands * sizeof(*nic->commands));
	memcpy(nic->commands + nic->n_own_commands, intel_commands, sizeof(intel_commands));
	memcpy(nic->events, nic->own_events, nic->n_own_events * sizeof(*nic->events));
	memcpy(nic->events + nic->n_own_events, intel_events, sizeof(intel_events));
	return nic;
}

static int file_has_room(struct nic_file *file, u32 number)
{
	struct nic *nic;
	int count = 0;

	list_for_each_entry(nic, &file->nics, of_file) {
		if (nic->number == number)
			return -EEXIST;
		count++;
	}
	return count < NICS_MAX ? 0 : -ENOSPC;
}

static int attach_locked(struct nic_file *file, u32 number, struct net_device *netdev, struct wiphy *wiphy)
{
	struct nic *nic;
	int err;

	mutex_lock(&nics_lock);
	err = nic_of_wiphy(wiphy) ? -EBUSY : file_has_room(file, number);
	if (err)
		goto out;
	nic = nic_new(file, number, wiphy);
	if (!nic) {
		err = -ENOMEM;
		goto out;
	}
	nic->netdev = netdev;
	get_device(&wiphy->dev);
	wiphy->vendor_commands = nic->commands;
	wiphy->n_vendor_commands = nic->n_own_commands + ARRAY_SIZE(intel_commands);
	wiphy->vendor_events = nic->events;
	wiphy->n_vendor_events = nic->n_own_events + ARRAY_SIZE(intel_events);
	list_add_tail(&nic->all, &nics);
	list_add_tail(&nic->of_file, &file->nics);
out:
	mutex_unlock(&nics_lock);
	return err;
}

static int attach(struct nic_file *file, u32 number, int ifindex)
{
	struct net_device *netdev;
	struct wiphy *wiphy;
	int err = -ENODEV;

	rtnl_lock();
	netdev = __dev_get_by_index(current->nsproxy->net_ns, ifindex);
	if (!netdev)
		goto out;
	err = -EOPNOTSUPP;
	if (!netdev->ieee80211_ptr)
		goto out;
	wiphy = netdev->ieee80211_ptr->wiphy;
	wiphy_lock(wiphy);
	err = attach_locked(file, number, netdev, wiphy);
	wiphy_unlock(wiphy);
out:
	rtnl_unlock();
	return err;
}

static void set_reasons(struct nic *nic, unsigned long reasons)
{
	unsigned long reason;

	for (reason = RFKILL_HARD_BLOCK_SIGNAL; reason <= RFKILL_HARD_BLOCK_NOT_OWNER; reason <<= 1)
		if ((nic->reasons ^ reasons) & reason)
			wiphy_rfkill_set_hw_state_reason(nic->wiphy, reasons & reason, reason);
	nic->reasons = reasons;
}

/* With RTNL held. Afterwards nobody uses the nic any more. */
static void detach(struct nic *nic)
{
	struct wiphy *wiphy = nic->wiphy;

	ASSERT_RTNL();
	wiphy_lock(wiphy);
	mutex_lock(&nics_lock);
	wiphy->vendor_commands = nic->own_commands;
	wiphy->n_vendor_commands = nic->n_own_commands;
	wiphy->vendor_events = nic->own_events;
	wiphy->n_vendor_events = nic->n_own_events;
	if (device_is_registered(&wiphy->dev))
		set_reasons(nic, 0);
	list_del(&nic->all);
	list_del(&nic->of_file);
	mutex_unlock(&nics_lock);
	wiphy_unlock(wiphy);
	put_device(&wiphy->dev);
	nic_free(nic);
}

static int detach_number(struct nic_file *file, u32 number)
{
	struct nic *nic;

	rtnl_lock();
	mutex_lock(&nics_lock);
	nic = nic_of_file(file, number);
	mutex_unlock(&nics_lock);
	/* It stays: nics leave the list with RTNL held, and files are gone when they are released. */
	if (nic)
		detach(nic);
	rtnl_unlock();
	return nic ? 0 : -ENOENT;
}

/* Called with RTNL held, for interfaces that go and for those that move to another network namespace. */
static int on_netdev(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(info);
	struct nic *nic;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	mutex_lock(&nics_lock);
	list_for_each_entry(nic, &nics, all)
		if (nic->netdev == netdev)
			nic->netdev = NULL;
	mutex_unlock(&nics_lock);
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = { .notifier_call = on_netdev };

/* ---- the device ---- */

static bool conn_info_is_sane(const struct conn_info *conn)
{
	return conn->ssid_len <= IEEE80211_MAX_SSID_LEN;
}

static int handle(struct nic *nic, const struct nic_record *record)
{
	switch (record->kind) {
	case NIC_BLOCK:
		if (record->value & ~REASONS)
			return -EINVAL;
		if (!nic->netdev)
			return -ENODEV;
		set_reasons(nic, record->value);
		return 0;
	case NIC_CONN_INFO:
		if (!conn_info_is_sane(&record->conn))
			return -EINVAL;
		nic->conn = record->conn;
		nic->connected = true;
		return 0;
	case NIC_FORGET_CONN_INFO:
		nic->connected = false;
		return 0;
	case NIC_ANSWER:
		if (record->value < 0 || record->value > MAX_ERRNO)
			return -EINVAL;
		if (!nic->asked || !nic->read || nic->answered || nic->question != record->question)
			return -ESTALE;
		nic->answer = record->value;
		WRITE_ONCE(nic->answered, true);
		wake_up(&nic->answers);
		return 0;
	case NIC_ROAMING:
		if (record->value & ~1)
			return -EINVAL;
		if (!nic->netdev)
			return -ENODEV;
		return send_roaming_forbidden(nic, record->value);
	default:
		return -EINVAL;
	}
}

static ssize_t nic_write(struct file *filp, const char __user *from, size_t size, loff_t *offset)
{
	struct nic_file *file = filp->private_data;
	struct nic_record record;
	struct nic *nic;
	int err;

	if (size != sizeof(record))
		return -EINVAL;
	if (copy_from_user(&record, from, sizeof(record)))
		return -EFAULT;
	if (record.kind == NIC_ATTACH) {
		err = attach(file, record.nic, record.value);
	} else if (record.kind == NIC_DETACH) {
		err = detach_number(file, record.nic);
	} else {
		mutex_lock(&nics_lock);
		nic = nic_of_file(file, record.nic);
		err = nic ? handle(nic, &record) : -ENOENT;
		mutex_unlock(&nics_lock);
	}
	return err ? err : sizeof(record);
}

static struct nic *nic_to_read(struct nic_file *file)
{
	struct nic *nic;

	list_for_each_entry(nic, &file->nics, of_file)
		if (nic->asked && !nic->read)
			return nic;
	return NULL;
}

/* Never blocks: poll tells when there is something. */
static ssize_t nic_read(struct file *filp, char __user *to, size_t size, loff_t *offset)
{
	struct nic_record record = { .kind = NIC_OWNERSHIP };
	struct nic_file *file = filp->private_data;
	struct nic *nic;

	if (size < sizeof(record))
		return -EINVAL;
	mutex_lock(&nics_lock);
	nic = nic_to_read(file);
	if (nic) {
		nic->read = true;
		record.nic = nic->number;
		record.question = nic->question;
	}
	mutex_unlock(&nics_lock);
	if (!nic)
		return -EAGAIN;
	return copy_to_user(to, &record, sizeof(record)) ? -EFAULT : sizeof(record);
}

static __poll_t nic_poll(struct file *filp, poll_table *table)
{
	struct nic_file *file = filp->private_data;
	__poll_t events = EPOLLOUT | EPOLLWRNORM;

	poll_wait(filp, &file->readable, table);
	mutex_lock(&nics_lock);
	if (nic_to_read(file))
		events |= EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&nics_lock);
	return events;
}

static int nic_open(struct inode *inode, struct file *filp)
{
	struct nic_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;
	INIT_LIST_HEAD(&file->nics);
	init_waitqueue_head(&file->readable);
	filp->private_data = file;
	return stream_open(inode, filp);
}

static int nic_release(struct inode *inode, struct file *filp)
{
	struct nic_file *file = filp->private_data;
	struct nic *nic, *next;

	rtnl_lock();
	list_for_each_entry_safe(nic, next, &file->nics, of_file)
		detach(nic);
	rtnl_unlock();
	kfree(file);
	return 0;
}

static const struct file_operations nic_operations = {
	.owner = THIS_MODULE,
	.open = nic_open,
	.release = nic_release,
	.read = nic_read,
	.write = nic_write,
	.poll = nic_poll,
};

static struct miscdevice nic_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sapwood-nic",
	.mode = 0600,
	.fops = &nic_operations,
};

static int __init nic_init(void)
{
	int err = register_netdevice_notifier(&netdev_notifier);

	if (err)
		return err;
	err = misc_register(&nic_device);
	if (err)
		unregister_netdevice_notifier(&netdev_notifier);
	return err;
}

/* Only when no file is open, so nothing is attached. */
static void __exit nic_exit(void)
{
	misc_deregister(&nic_device);
	unregister_netdevice_notifier(&netdev_notifier);
}

module_init(nic_init);
module_exit(nic_exit);
/* The functions of the kernel that it calls are for modules under the GPL only. */
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Intel's vendor commands and hard rfkill for simulated radios");
