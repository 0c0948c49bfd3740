// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/* Which radios are attached: what they get is put beside what their driver gave them, and taken away again. */
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/rfkill.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "nic.h"

/* Of one program. */
#define NICS_MAX 16

static LIST_HEAD(nics);
DEFINE_MUTEX(nics_lock);

struct nic *nic_of_wiphy(struct wiphy *wiphy)
{
	struct nic *nic;

	lockdep_assert_held(&nics_lock);
	list_for_each_entry(nic, &nics, all)
		if (nic->wiphy == wiphy)
			return nic;
	return NULL;
}

struct nic *nic_of_file(struct nic_file *file, u32 number)
{
	struct nic *nic;

	lockdep_assert_held(&nics_lock);
	list_for_each_entry(nic, &file->nics, of_file)
		if (nic->number == number)
			return nic;
	return NULL;
}

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

int nic_attach(struct nic_file *file, u32 number, int ifindex)
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

void nic_set_reasons(struct nic *nic, unsigned long reasons)
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
		nic_set_reasons(nic, 0);
	list_del(&nic->all);
	list_del(&nic->of_file);
	mutex_unlock(&nics_lock);
	wiphy_unlock(wiphy);
	put_device(&wiphy->dev);
	nic_free(nic);
}

int nic_detach(struct nic_file *file, u32 number)
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

void nic_detach_all(struct nic_file *file)
{
	struct nic *nic, *next;

	rtnl_lock();
	list_for_each_entry_safe(nic, next, &file->nics, of_file)
		detach(nic);
	rtnl_unlock();
}

int nic_watch_interfaces(void)
{
	return register_netdevice_notifier(&netdev_notifier);
}

void nic_unwatch_interfaces(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
}
