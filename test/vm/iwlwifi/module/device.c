// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/* /dev/sapwood-nic: the records that a program writes and reads. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rfkill.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "nic.h"

#define REASONS (RFKILL_HARD_BLOCK_SIGNAL | RFKILL_HARD_BLOCK_NOT_OWNER)

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
		nic_set_reasons(nic, record->value);
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
		return nic_send_roaming_forbidden(nic, record->value);
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
		err = nic_attach(file, record.nic, record.value);
	} else if (record.kind == NIC_DETACH) {
		err = nic_detach(file, record.nic);
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

	nic_detach_all(file);
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
	int err = nic_watch_interfaces();

	if (err)
		return err;
	err = misc_register(&nic_device);
	if (err)
		nic_unwatch_interfaces();
	return err;
}

/* Only when no file is open, so nothing is attached. */
static void __exit nic_exit(void)
{
	misc_deregister(&nic_device);
	nic_unwatch_interfaces();
}

module_init(nic_init);
module_exit(nic_exit);
/* The functions of the kernel that it calls are for modules under the GPL only. */
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Intel's vendor commands and hard rfkill for simulated radios");
