namespace Orchestration.Core.Aggregation.Versions;

/// <summary>A version as a folder of two files, as it is exported and imported. The files' names are fixed, so that a manifest can lead nowhere else.</summary>
public static class AggregatorFolder
{
    /// <summary>The manifest's file.</summary>
    public const string ManifestFile = "manifest.json";

    /// <summary>The weights' file.</summary>
    public const string WeightsFile = "weights.safetensors";

    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 30;

    /// <summary>Writes both files; each appears whole or not at all.</summary>
    public static void Write(string folder, AggregatorVersion version)
    {
        Directory.CreateDirectory(folder);
        WriteWhole(Path.Combine(folder, WeightsFile), version.Weights);
        WriteWhole(Path.Combine(folder, ManifestFile), version.Manifest.ToJson());
    }

    /// <summary>Reads both files.</summary>
    /// <param name="folder">The folder, or its manifest.</param>
    /// <exception cref="OrchestrationException">Missing, damaged or edited (<see cref="ErrorCodes.Input"/>).</exception>
    public static AggregatorVersion Read(string folder)
    {
        if (Path.GetFileName(folder) == ManifestFile) folder = Path.GetDirectoryName(folder) is { Length: > 0 } parent ? parent : ".";
        var manifest = Path.Combine(folder, ManifestFile);
        var weights = Path.Combine(folder, WeightsFile);
        return AggregatorVersion.Read(manifest, ReadAll(manifest, AggregatorVersion.MaxManifestBytes), weights, ReadAll(weights, MaxBytes));
    }

    private static byte[] ReadAll(string path, long most)
    {
        try
        {
            if (!File.Exists(path))
                throw new OrchestrationException(ErrorCodes.Input, $"There is no file {path}. A version is a folder with {ManifestFile} and {WeightsFile}, as 'orchestrate aggregator export' writes it.");
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length > most) throw new OrchestrationException(ErrorCodes.Input, FormattableString.Invariant($"{path} has {file.Length} bytes, more than the {most} that are read. It is no part of a version: export it again."));
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{path} cannot be read: {e.Message}", e);
        }
    }

    private static void WriteWhole(string path, byte[] bytes)
    {
        var partial = FormattableString.Invariant($"{path}.partial-{Environment.ProcessId}");
        try
        {
            File.WriteAllBytes(partial, bytes);
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
