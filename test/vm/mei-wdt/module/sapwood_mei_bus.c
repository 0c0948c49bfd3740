// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * The kernel's MEI bus with one client on it, whose firmware is a program: it stands in the place of the module mei, and
 * the drivers of the bus (mei_wdt) run on it unchanged.
 *
 * /dev/sapwood-mei-bus: a read gives one message of the driver. A write tells what happens:
 *   'P' version  the client appears          'U'  it goes while it can be talked to (suspend)
 *   'R'          it goes because of a reset  'M' bytes  a message of the firmware
 *   'N'          the firmware notifies
 */
#include <linux/device.h>
#include <linux/mei_cl_bus.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uuid.h>
#include <linux/version.h>
#include <linux/wait.h>

#define MESSAGE_MAX 256
#define QUEUE_MAX 64
#define CLIENT_NAME "0000:00:16.0-05b79a6f-4628-4d7f-899d-a91514cb32ab"

struct message {
	size_t length;
	u8 bytes[MESSAGE_MAX];
};

struct queue {
	unsigned int head, count;
	struct message messages[QUEUE_MAX];
};

/* Guards all that follows. */
static DEFINE_MUTEX(lock);
static struct queue *to_firmware, *to_driver;
/* Of writes; taken before the other. */
static DEFINE_MUTEX(changes);
static struct mei_cl_device *client;
static u8 client_version;
static bool reachable;
static DECLARE_WAIT_QUEUE_HEAD(readable);

static bool put(struct queue *queue, const u8 *bytes, size_t length)
{
	struct message *message;

	if (queue->count == QUEUE_MAX || length > MESSAGE_MAX)
		return false;
	message = &queue->messages[(queue->head + queue->count++) % QUEUE_MAX];
	message->length = length;
	memcpy(message->bytes, bytes, length);
	return true;
}

static const struct message *take(struct queue *queue)
{
	const struct message *message;

	if (!queue->count)
		return NULL;
	message = &queue->messages[queue->head];
	queue->head = (queue->head + 1) % QUEUE_MAX;
	queue->count--;
	return message;
}

/* --- what drivers of the bus call --- */

void *mei_cldev_get_drvdata(const struct mei_cl_device *cldev)
{
	return dev_get_drvdata(&cldev->dev);
}
EXPORT_SYMBOL_GPL(mei_cldev_get_drvdata);

void mei_cldev_set_drvdata(struct mei_cl_device *cldev, void *data)
{
	dev_set_drvdata(&cldev->dev, data);
}
EXPORT_SYMBOL_GPL(mei_cldev_set_drvdata);

u8 mei_cldev_ver(const struct mei_cl_device *cldev)
{
	return client_version;
}
EXPORT_SYMBOL_GPL(mei_cldev_ver);

int mei_cldev_enable(struct mei_cl_device *cldev)
{
	return 0;
}
EXPORT_SYMBOL_GPL(mei_cldev_enable);

int mei_cldev_disable(struct mei_cl_device *cldev)
{
	cancel_work_sync(&cldev->rx_work);
	cancel_work_sync(&cldev->notif_work);
	return 0;
}
EXPORT_SYMBOL_GPL(mei_cldev_disable);

int mei_cldev_register_rx_cb(struct mei_cl_device *cldev, mei_cldev_cb_t rx_cb)
{
	cldev->rx_cb = rx_cb;
	return 0;
}
EXPORT_SYMBOL_GPL(mei_cldev_register_rx_cb);

int mei_cldev_register_notif_cb(struct mei_cl_device *cldev, mei_cldev_cb_t notif_cb)
{
	cldev->notif_cb = notif_cb;
	return 0;
}
EXPORT_SYMBOL_GPL(mei_cldev_register_notif_cb);

ssize_t mei_cldev_send(struct mei_cl_device *cldev, const u8 *buf, size_t length)
{
	bool sent;

	mutex_lock(&lock);
	sent = reachable && put(to_firmware, buf, length);
	mutex_unlock(&lock);
	if (!sent)
		return -ENODEV;
	wake_up_interruptible(&readable);
	return length;
}
EXPORT_SYMBOL_GPL(mei_cldev_send);

ssize_t mei_cldev_recv(struct mei_cl_device *cldev, u8 *buf, size_t length)
{
	const struct message *message;

	mutex_lock(&lock);
	message = take(to_driver);
	if (message) {
		length = min(length, message->length);
		memcpy(buf, message->bytes, length);
	}
	mutex_unlock(&lock);
	return message ? length : -EAGAIN;
}
EXPORT_SYMBOL_GPL(mei_cldev_recv);

/* --- the bus --- */

static void rx_work(struct work_struct *work)
{
	struct mei_cl_device *cldev = container_of(work, struct mei_cl_device, rx_work);
	bool more;

	do {
		if (cldev->rx_cb)
			cldev->rx_cb(cldev);
		mutex_lock(&lock);
		more = to_driver->count > 0;
		mutex_unlock(&lock);
	} while (more && cldev->rx_cb);
}

static void notif_work(struct work_struct *work)
{
	struct mei_cl_device *cldev = container_of(work, struct mei_cl_device, notif_work);

	if (cldev->notif_cb)
		cldev->notif_cb(cldev);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static int bus_match(struct device *dev, const struct device_driver *drv)
#else
static int bus_match(struct device *dev, struct device_driver *drv)
#endif
{
	/* There is one client, and whoever loads a driver means it. */
	return 1;
}

static int bus_probe(struct device *dev)
{
	struct mei_cl_driver *driver = container_of(dev->driver, struct mei_cl_driver, driver);

	return driver->probe(container_of(dev, struct mei_cl_device, dev), driver->id_table);
}

static void bus_remove(struct device *dev)
{
	struct mei_cl_driver *driver = container_of(dev->driver, struct mei_cl_driver, driver);

	driver->remove(container_of(dev, struct mei_cl_device, dev));
}

static struct bus_type mei_bus = {
	.name = "mei",
	.match = bus_match,
	.probe = bus_probe,
	.remove = bus_remove,
};

int __mei_cldev_driver_register(struct mei_cl_driver *driver, struct module *owner)
{
	driver->driver.name = driver->name;
	driver->driver.owner = owner;
	driver->driver.bus = &mei_bus;
	return driver_register(&driver->driver);
}
EXPORT_SYMBOL_GPL(__mei_cldev_driver_register);

void mei_cldev_driver_unregister(struct mei_cl_driver *driver)
{
	driver_unregister(&driver->driver);
}
EXPORT_SYMBOL_GPL(mei_cldev_driver_unregister);

static void release_client(struct device *dev)
{
	kfree(container_of(dev, struct mei_cl_device, dev));
}

static int plug(u8 version)
{
	struct mei_cl_device *cldev;
	int error;

	if (client)
		return -EBUSY;
	cldev = kzalloc(sizeof(*cldev), GFP_KERNEL);
	if (!cldev)
		return -ENOMEM;
	INIT_WORK(&cldev->rx_work, rx_work);
	INIT_WORK(&cldev->notif_work, notif_work);
	cldev->dev.bus = &mei_bus;
	cldev->dev.release = release_client;
	dev_set_name(&cldev->dev, CLIENT_NAME);
	mutex_lock(&lock);
	to_firmware->count = 0;
	to_driver->count = 0;
	reachable = true;
	mutex_unlock(&lock);
	client_version = version;
	client = cldev;
	error = device_register(&cldev->dev);
	if (error) {
		client = NULL;
		put_device(&cldev->dev);
	}
	return error;
}

static int unplug(bool alive)
{
	struct mei_cl_device *cldev = client;

	if (!cldev)
		return -ENODEV;
	mutex_lock(&lock);
	reachable = alive;
	mutex_unlock(&lock);
	client = NULL;
	device_del(&cldev->dev);
	cancel_work_sync(&cldev->rx_work);
	cancel_work_sync(&cldev->notif_work);
	put_device(&cldev->dev);
	return 0;
}

static int message(const u8 *bytes, size_t length)
{
	bool taken;

	if (!client)
		return -ENODEV;
	mutex_lock(&lock);
	taken = put(to_driver, bytes, length);
	mutex_unlock(&lock);
	if (!taken)
		return -ENOBUFS;
	schedule_work(&client->rx_work);
	/* The driver has it when the write is done. */
	flush_work(&client->rx_work);
	return 0;
}

static int notify(void)
{
	if (!client)
		return -ENODEV;
	schedule_work(&client->notif_work);
	flush_work(&client->notif_work);
	return 0;
}

/* --- the program's side --- */

static ssize_t firmware_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	const struct message *message;
	ssize_t result = -EAGAIN;

	mutex_lock(&lock);
	message = take(to_firmware);
	if (message) {
		result = min(size, message->length);
		if (copy_to_user(to, message->bytes, result))
			result = -EFAULT;
	}
	mutex_unlock(&lock);
	return result;
}

static ssize_t firmware_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	u8 bytes[MESSAGE_MAX + 1];
	int error = -EINVAL;

	if (size < 1 || size > sizeof(bytes))
		return -EINVAL;
	if (copy_from_user(bytes, from, size))
		return -EFAULT;
	mutex_lock(&changes);
	switch (bytes[0]) {
	case 'P':
		error = size == 2 ? plug(bytes[1]) : -EINVAL;
		break;
	case 'U':
		error = unplug(true);
		break;
	case 'R':
		error = unplug(false);
		break;
	case 'M':
		error = message(bytes + 1, size - 1);
		break;
	case 'N':
		error = notify();
		break;
	}
	mutex_unlock(&changes);
	return error ? error : size;
}

static __poll_t firmware_poll(struct file *file, poll_table *table)
{
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &readable, table);
	mutex_lock(&lock);
	if (to_firmware->count)
		mask |= EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&lock);
	return mask;
}

static const struct file_operations firmware_operations = {
	.owner = THIS_MODULE,
	.read = firmware_read,
	.write = firmware_write,
	.poll = firmware_poll,
};

static struct miscdevice firmware_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sapwood-mei-bus",
	.fops = &firmware_operations,
	.mode = 0600,
};

static int __init start(void)
{
	int error = -ENOMEM;

	to_firmware = kzalloc(sizeof(*to_firmware), GFP_KERNEL);
	to_driver = kzalloc(sizeof(*to_driver), GFP_KERNEL);
	if (to_firmware && to_driver)
		error = bus_register(&mei_bus);
	if (!error) {
		error = misc_register(&firmware_device);
		if (error)
			bus_unregister(&mei_bus);
	}
	if (error) {
		kfree(to_firmware);
		kfree(to_driver);
	}
	return error;
}

static void __exit end(void)
{
	misc_deregister(&firmware_device);
	if (client)
		unplug(true);
	bus_unregister(&mei_bus);
	kfree(to_firmware);
	kfree(to_driver);
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("A MEI bus whose firmware is a program, for tests");
MODULE_LICENSE("GPL");
