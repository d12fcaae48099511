using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace Orchestration.Storage.Sqlite;

/// <summary>
/// The engine's native library where it travels inside the program, as in a single file. The runtime's own way would unpack it into a home directory before the program
/// begins, and the program would not start at all for a user who has none. Here it is loaded when a store is first opened, on Linux from memory: nothing is written anywhere.
/// </summary>
internal static partial class EngineLibrary
{
    /// <summary>The name of the resource in the entry assembly that holds the library.</summary>
    public const string Resource = "native/e_sqlite3";

    private static readonly Lock Gate = new();
    private static nint _handle;

    /// <summary>Readies the engine: from the entry assembly's resource where it has one, otherwise as the runtime finds the library.</summary>
    public static void Prepare()
    {
        if (Assembly.GetEntryAssembly() is { } program && program.GetManifestResourceInfo(Resource) is not null)
        {
            NativeLibrary.SetDllImportResolver(
                typeof(SQLite3Provider_e_sqlite3).Assembly,
                (name, _, _) =>
                {
                    if (name != "e_sqlite3") return 0;
                    lock (Gate)
                    {
                        if (_handle == 0)
                        {
                            using var library = program.GetManifestResourceStream(Resource)!;
                            _handle = Load(library);
                        }

                        return _handle;
                    }
                });
        }

        Batteries_V2.Init();
    }

    /// <summary>Loads a native library from a stream that can seek: from memory where the system can, otherwise from a file.</summary>
    public static nint Load(Stream library) => LoadFromMemory(library) is var handle && handle != 0 ? handle : LoadFromFile(library);

    /// <summary>Loads from an anonymous file in memory; 0 where the system has none or does not load from it.</summary>
    public static nint LoadFromMemory(Stream library)
    {
        if (!OperatingSystem.IsLinux()) return 0;
        using var memory = new SafeFileHandle(CreateMemoryFile("e_sqlite3", 1), ownsHandle: true);
        if (memory.IsInvalid) return 0;
        Copy(library, memory);
        return NativeLibrary.TryLoad($"/proc/self/fd/{memory.DangerousGetHandle()}", out var handle) ? handle : 0;
    }

    /// <summary>
    /// Loads from a file that nobody else can have put there. Where a loaded file can be deleted it is at once; Windows cannot, so there it stays, named by its content, for
    /// later processes.
    /// </summary>
    public static nint LoadFromFile(Stream library)
    {
        if (!OperatingSystem.IsWindows())
        {
            var folder = Directory.CreateTempSubdirectory("orchestrate-sqlite-");
            try
            {
                return LoadFrom(Path.Combine(folder.FullName, "e_sqlite3"));
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        library.Position = 0;
        var content = Convert.ToHexStringLower(SHA256.HashData(library));
        var kept = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "orchestrate", content[..16]);
        var path = Path.Combine(kept, "e_sqlite3.dll");
        Directory.CreateDirectory(kept);
        if (File.Exists(path) && HasContent(path, content)) return NativeLibrary.Load(path);
        var fresh = Path.Combine(kept, Path.GetRandomFileName());
        Write(fresh);
        try
        {
            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && File.Exists(path) && HasContent(path, content))
        {
            // Another process was faster and has it loaded.
            File.Delete(fresh);
        }

        return NativeLibrary.Load(path);

        nint LoadFrom(string path)
        {
            Write(path);
            return NativeLibrary.Load(path);
        }

        void Write(string path)
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
            Copy(library, file);
        }
    }

    private static bool HasContent(string path, string content)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file)) == content;
    }

    private static void Copy(Stream library, SafeFileHandle to)
    {
        library.Position = 0;
        var buffer = new byte[1 << 16];
        for (long at = 0; library.Read(buffer) is var read && read > 0; at += read) RandomAccess.Write(to, buffer.AsSpan(0, read), at);
    }

    /// <summary><c>memfd_create(2)</c>; flag 1 closes the file in child processes.</summary>
    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
