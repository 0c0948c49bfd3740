"""The other side of the tests of our D-Bus client, on the bus that DBUS_SESSION_BUS_ADDRESS names. Says "ready"."""
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()


class Refusal(dbus.DBusException):
    _dbus_error_name = "org.sapwood.Test.Refusal"


class Peer(dbus.service.Object):
    @dbus.service.method("org.sapwood.Test", in_signature="v", out_signature="v")
    def Echo(self, value):
        return value

    @dbus.service.method("org.sapwood.Test")
    def Refuse(self):
        raise Refusal("not today")

    @dbus.service.method("org.sapwood.Test", async_callbacks=("done", "failed"))
    def Silence(self, done, failed):
        pass

    @dbus.service.method("org.sapwood.Test", in_signature="s", out_signature="s", sender_keyword="sender")
    def CallBack(self, member, sender=None):
        try:
            return str(bus.get_object(sender, "/there", introspect=False).get_dbus_method(member, "org.sapwood.Client")(7))
        except dbus.DBusException as error:
            return error.get_dbus_name()

    @dbus.service.method("org.sapwood.Test", in_signature="b")
    def Sleep(self, start):
        self.PrepareForSleep(start)

    @dbus.service.signal("org.freedesktop.login1.Manager", signature="b")
    def PrepareForSleep(self, start):
        pass


names = [dbus.service.BusName(name, bus) for name in sys.argv[1:]]
peer = Peer(bus, "/org/sapwood/Test")
print("ready", flush=True)
GLib.MainLoop().run()
