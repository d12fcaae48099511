using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Orchestration.Architecture.Tests.Arrows;

/// <summary>What a compiled assembly refers to, read from its metadata without loading it.</summary>
internal sealed class CompiledAssembly
{
    private CompiledAssembly(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        References = [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
        Types =
        [
            .. metadata.TypeReferences.Select(metadata.GetTypeReference)
                .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Names of the assemblies that it refers to.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Full names of the types of others that it uses.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>An assembly that these tests were built with, or null.</summary>
    public static CompiledAssembly? Find(string assemblyName)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assemblyName + ".dll");
        return File.Exists(path) ? new CompiledAssembly(path) : null;
    }
}
