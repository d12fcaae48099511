using Microsoft.Extensions.DependencyInjection;
using Orchestration.Orleans.Grains;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.Placement;
using Orleans.Serialization;

namespace Orchestration.Orleans.Hosting;

/// <summary>The actors of a silo, for its grains.</summary>
internal static class ActorRegistration
{
    public static void AddActors(this ISiloBuilder silo, SiloParts parts)
    {
        silo.Services.AddSingleton(parts);
        silo.Services.AddSingleton<SiloJudges>();
        silo.Services.AddSingleton<SiloJudgeSets>();
        silo.Services.AddSingleton<SiloAggregators>();
        silo.Services.AddSingleton(static services =>
            SiloActors.Serving(services.GetRequiredService<SiloParts>(), services.GetRequiredService<SiloJudges>(), services.GetRequiredService<SiloAggregators>()));
        silo.Services.AddSingleton<SiloWork>();
        silo.Services.AddSingleton<SiloRouter>();
        silo.Services.AddPlacementDirector<OwnSiloStrategy, OwnSiloDirector>();

        // A silo looks this often for grains that nobody asked for, so that an evaluation is forgotten a minute after its last question.
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionQuantum = TimeSpan.FromSeconds(30));
        silo.Services.Configure<ExceptionSerializationOptions>(AllowFailures);
    }

    /// <summary>What runs beside the grains. To be registered after the silo, so that it is stopped before it.</summary>
    public static void AddLife(this IServiceCollection services)
    {
        services.AddSingleton<SiloLife>();
        services.AddHostedService(static provider => provider.GetRequiredService<SiloLife>());
    }

    /// <summary>Failures of ours are made again on the other side as what they were.</summary>
    public static void AllowFailures(ExceptionSerializationOptions options) => options.SupportedNamespacePrefixes.Add("Orchestration");
}
