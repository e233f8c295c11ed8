using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Amps.Ocpp.Storage.Sqlite;

/// <summary>
/// Chooses the native engine once per process: the distribution's library, which gets its security updates, when it is
/// there and knows every statement used here; else the one that came with the package.
/// </summary>
internal static class SqliteNative
{
    private const string SystemLibrary = "libsqlite3.so.0";
    private const string PackageName = "e_sqlite3";

    // RETURNING came with 3.35.
    private const int OldestVersion = 3_035_000;

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads the engine when that has not been done.</summary>
    /// <returns>Version and name of the library in use.</returns>
    public static (string Version, string Library) Initialize()
    {
        string library = Loaded.Value;
        return (raw.sqlite3_libversion().utf8_to_string(), library);
    }

    private static string Load()
    {
        nint system = FindSystemLibrary();
        if (system != 0)
            NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        Batteries_V2.Init();
        return system != 0 ? SystemLibrary : PackageName;

        nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == PackageName ? system : 0;
    }

    private static unsafe nint FindSystemLibrary()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad(SystemLibrary, out nint library))
            return 0;
        if (NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out nint function)
            && ((delegate* unmanaged[Cdecl]<int>)function)() >= OldestVersion)
            return library;
        NativeLibrary.Free(library);
        return 0;
    }
}
