"""NetworkManager and its wpa_supplicant with one device, as far as our client asks them, on the bus that
DBUS_SESSION_BUS_ADDRESS names: what a real one that refuses would do. Says "ready"."""
import json

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()

NM = "org.freedesktop.NetworkManager"
NM_PATH = "/org/freedesktop/NetworkManager"
DEVICE = NM_PATH + "/Devices/1"
WPA = "fi.w1.wpa_supplicant1"
WPA_PATH = "/fi/w1/wpa_supplicant1"
WPA_INTERFACE = WPA_PATH + "/Interfaces/0"
PROPERTIES = "org.freedesktop.DBus.Properties"
TEST = "org.sapwood.Test"

refused = set()
profiles = {}


class Refusal(dbus.DBusException):
    def __init__(self, name, text):
        super().__init__(text)
        self._dbus_error_name = name


def check(member):
    if member in refused:
        raise Refusal(NM + ".Failed", member + " is refused by the test")


class Holder(dbus.service.Object):
    """An object with properties."""

    def __init__(self, path, properties):
        super().__init__(bus, path)
        self.properties = properties

    @dbus.service.method(PROPERTIES, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return dbus.Dictionary(self.properties.get(interface, {}), signature="sv")

    @dbus.service.method(PROPERTIES, in_signature="ssv")
    def Set(self, interface, name, value):
        check(name)
        self.properties[interface][name] = value

    @dbus.service.signal(PROPERTIES, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    def change(self, interface, name, value):
        self.properties[interface][name] = value
        self.PropertiesChanged(interface, {name: value}, [])


class Device(Holder):
    @dbus.service.signal(NM + ".Device", signature="uuu")
    def StateChanged(self, state, before, reason):
        pass


class Profile(dbus.service.Object):
    def __init__(self, uuid, number):
        self.path = "%s/Settings/%d" % (NM_PATH, number)
        super().__init__(bus, self.path)
        self.uuid = uuid

    @dbus.service.method(NM + ".Settings.Connection", out_signature="a{sa{sv}}")
    def GetSettings(self):
        return {
            "connection": {"id": self.uuid, "uuid": self.uuid, "type": "802-11-wireless"},
            "802-11-wireless": {"ssid": dbus.ByteArray(b"corp")},
        }

    @dbus.service.method(NM + ".Settings.Connection")
    def Delete(self):
        check("Delete")
        del profiles[self.uuid]
        self.remove_from_connection()


class Settings(dbus.service.Object):
    @dbus.service.method(NM + ".Settings", out_signature="ao")
    def ListConnections(self):
        return [profile.path for profile in profiles.values()]

    @dbus.service.method(NM + ".Settings", in_signature="s", out_signature="o")
    def GetConnectionByUuid(self, uuid):
        if uuid not in profiles:
            raise Refusal(NM + ".Settings.InvalidConnection", "No connection with the UUID was found.")
        return profiles[uuid].path


class Manager(dbus.service.Object):
    @dbus.service.method(NM, out_signature="ao")
    def GetDevices(self):
        return [dbus.ObjectPath(DEVICE)]


class Wpa(dbus.service.Object):
    @dbus.service.method(WPA, in_signature="s", out_signature="o")
    def GetInterface(self, name):
        return WPA_INTERFACE


class Test(dbus.service.Object):
    """For the test itself."""

    @dbus.service.method(TEST, in_signature="s")
    def AddProfile(self, uuid):
        profiles[str(uuid)] = Profile(str(uuid), len(profiles) + 1)

    @dbus.service.method(TEST, in_signature="sb")
    def Refuse(self, member, on):
        (refused.add if on else refused.discard)(str(member))

    @dbus.service.method(TEST, in_signature="b")
    def Manage(self, on):
        device.change(NM + ".Device", "Managed", dbus.Boolean(on))

    @dbus.service.method(TEST, in_signature="u")
    def Fail(self, reason):
        device.StateChanged(120, 50, reason)

    @dbus.service.method(TEST, in_signature="i")
    def Reject(self, status):
        interface.change(WPA + ".Interface", "AuthStatusCode", dbus.Int32(status))

    @dbus.service.method(TEST, out_signature="s")
    def State(self):
        return json.dumps({
            "profiles": sorted(profiles),
            "autoconnect": bool(device.properties[NM + ".Device"]["Autoconnect"]),
            "frequencies": str(interface.properties[WPA + ".Interface"].get("FreqList", "")),
        })


device = Device(DEVICE, {
    NM + ".Device": {
        "Interface": "wlan0", "DeviceType": dbus.UInt32(2), "State": dbus.UInt32(20), "Managed": True,
        "Autoconnect": True, "ActiveConnection": dbus.ObjectPath("/"),
    },
    NM + ".Device.Wireless": {"PermHwAddress": "02:00:00:00:00:00"},
})
interface = Holder(WPA_INTERFACE, {
    WPA + ".Interface": {"State": "interface_disabled", "BSSs": dbus.Array([], signature="o")},
})
objects = [
    Manager(bus, NM_PATH), Settings(bus, NM_PATH + "/Settings"), Wpa(bus, WPA_PATH), Test(bus, "/org/sapwood/Test"),
]
names = [dbus.service.BusName(name, bus) for name in (NM, WPA, TEST)]
print("ready", flush=True)
GLib.MainLoop().run()
