"""Speed and accuracy of newsclf beside other ways to tag short Arabic texts."""
