using Orchestration.Core.Judging;
using Orchestration.Orleans.Hosting;
using Orchestration.Testing;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>What a silo has, over a store in a file and by a clock that stands still, without the silo.</summary>
internal sealed class StillParts : IAsyncDisposable
{
    private readonly string _folder;

    private StillParts(string folder, ManualTime time, SiloParts parts) => (_folder, Time, Parts) = (folder, time, parts);

    public ManualTime Time { get; }

    public SiloParts Parts { get; }

    public static async Task<StillParts> OpenAsync(params IJudge[] judges)
    {
        var folder = Directory.CreateTempSubdirectory("orchestrate-parts-").FullName;
        var time = new ManualTime();
        var config = Path.Combine(folder, "orchestration.yaml");
        await File.WriteAllTextAsync(config, "deployments: {}\n");
        var options = new OrleansOptions { Store = Path.Combine(folder, "store.db"), ConfigFile = config, LocalFolder = folder, Time = time, Judges = judges, Clustering = OrleansClustering.Custom };
        return new StillParts(folder, time, await SiloParts.OpenAsync(options, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await Parts.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
