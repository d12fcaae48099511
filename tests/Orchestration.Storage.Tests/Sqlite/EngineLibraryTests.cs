using System.Runtime.InteropServices;
using System.Text;
using Orchestration.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>The engine's library loaded from inside the program, as single files do.</summary>
public sealed class EngineLibraryTests
{
    [Fact]
    public void A_library_is_loaded_from_memory_and_works()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("Only Linux loads a library from memory.");
        using var library = Library();
        Version(EngineLibrary.LoadFromMemory(library)).ShouldStartWith("3.");
    }

    [Fact]
    public void A_library_is_loaded_from_a_file_of_its_own_that_does_not_stay()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows does not delete a library that is loaded.");
        using var library = Library();
        var before = Folders();
        Version(EngineLibrary.LoadFromFile(library)).ShouldStartWith("3.");
        Folders().Except(before).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_no_library_is_not_loaded_and_says_so()
    {
        using var text = new MemoryStream(Encoding.UTF8.GetBytes("no library"));
        EngineLibrary.LoadFromMemory(text).ShouldBe(0);
        var before = Folders();
        Should.Throw<DllNotFoundException>(() => EngineLibrary.Load(text));
        Folders().Except(before).ShouldBeEmpty();
    }

    private static FileStream Library() => File.OpenRead(Directory.EnumerateFiles(
        Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")).Single(static f => Path.GetFileName(f).Contains("e_sqlite3", StringComparison.Ordinal)));

    private static string[] Folders() => Directory.GetDirectories(Path.GetTempPath(), "orchestrate-sqlite-*");

    private static unsafe string Version(nint handle)
    {
        handle.ShouldNotBe(0);
        var version = (delegate* unmanaged[Cdecl]<byte*>)NativeLibrary.GetExport(handle, "sqlite3_libversion");
        return Marshal.PtrToStringUTF8((nint)version())!;
    }
}
