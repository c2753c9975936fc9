using System.Text.Json;
using Hub.Tests.Storage;

namespace Hub.Tests.Chat;

/// <summary>A field of every line of a .jsonl file of the shared data; goes with <see cref="SharedDataTheoryAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataAttribute(string file, string field) : Xunit.Sdk.DataAttribute
{
    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) => [[SharedFolder.Lines(file, field).ToList()]];
}
