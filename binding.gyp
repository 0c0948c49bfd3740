{
  'targets': [
    {
      'target_name': 'sapwood_native',
      'sources': [
        'native/addon.cc',
        'native/device.cc',
        'native/frames.cc',
        'native/memory.cc',
        'native/netlink.cc',
        'native/packet.cc',
        'native/socket.cc',
        'native/watch.cc'
      ],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      # A worker that is terminated in the middle of a call takes no exception any more: without the last of them it
      # would end the process.
      'defines': ['NAPI_VERSION=8', 'NAPI_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-O3', '-std=gnu++17'],
      'cflags_cc': ['-std=c++17', '-fexceptions', '-O2', '-Wall', '-Wextra', '-Wshadow', '-fvisibility=hidden']
    }
  ]
}
